/** The simulated customers, through the simulator's admin API (crates/simulator/README.md). */

export interface Customer {
  id: string;
  name: string | null;
  wa_id: string;
}

/** One message on a customer's phone. */
export interface Shown {
  id: string;
  from: "business" | "customer";
  kind: string;
  text: string;
  content: Record<string, unknown>;
  media: { mime: string | null; size: number | null } | null;
  reactions: { emoji: string; by: "business" | "customer" }[];
}

let invented = 0;

export class Phones {
  constructor(private readonly url: string) {}

  /** Somebody with a number of a range kept free for fiction; without a number given, one who has never written. */
  async invent(name: string | null, phone?: string): Promise<Customer> {
    invented += 1;
    const made = `447700903${String(invented).padStart(3, "0")}`;
    return this.post<Customer>("/sim/customers", { ...(name === null ? {} : { name }), phone: phone ?? made });
  }

  async write(number: string, customer: Customer, text: string): Promise<string> {
    return this.send(number, customer, { kind: "text", text });
  }

  /** Any message of the admin API; returns its id at Meta. */
  async send(number: string, customer: Customer, message: Record<string, unknown>): Promise<string> {
    const sent = await this.post<{ id: string }>(`/sim/chats/${number}/${customer.id}/messages`, message);
    return sent.id;
  }

  /** What the customer's phone shows. */
  async shown(number: string, customer: Customer): Promise<Shown[]> {
    return (await this.get<{ items: Shown[] }>(`/sim/chats/${number}/${customer.id}`)).items;
  }

  /** The customer looks at the chat. */
  async read(number: string, customer: Customer): Promise<void> {
    await this.post(`/sim/chats/${number}/${customer.id}/read`, {});
  }

  /** What happens to the next message that is sent, instead of success. */
  async fault(fault: Record<string, unknown>): Promise<void> {
    await this.post("/sim/faults/sends", fault);
  }

  /** Answers once nothing is on its way. */
  async settle(): Promise<void> {
    await this.post("/sim/settle", {});
  }

  private post<T>(path: string, body: unknown): Promise<T> {
    return this.request<T>(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  }

  private get<T>(path: string): Promise<T> {
    return this.request<T>(path, {});
  }

  private async request<T>(path: string, init: RequestInit): Promise<T> {
    const response = await fetch(this.url + path, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return JSON.parse(text === "" ? "null" : text) as T;
  }
}
