/** The simulated customers, through the simulator's admin API (crates/simulator/README.md). */

export interface Customer {
  id: string;
  name: string | null;
  wa_id: string;
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

  /** Answers once nothing is on its way. */
  async settle(): Promise<void> {
    await this.post("/sim/settle", {});
  }

  private async post<T>(path: string, body: unknown): Promise<T> {
    const response = await fetch(this.url + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return JSON.parse(text === "" ? "null" : text) as T;
  }
}
