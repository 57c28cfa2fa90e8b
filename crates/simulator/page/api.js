// Talking to the simulator's admin API: requests, uploads, and the stream of what happens.

async function call(method, path, body, type = "application/json") {
  const isJson = type === "application/json";
  const answer = await fetch(path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": type },
    body: body === undefined ? undefined : isJson ? JSON.stringify(body) : body,
  });
  if (!answer.ok) {
    const problem = await answer.json().catch(() => null);
    throw new Error(problem?.error?.message ?? `The simulator answered ${answer.status}.`);
  }
  return answer.json();
}

const chatPath = (number, customer) => `/sim/chats/${encodeURIComponent(number)}/${encodeURIComponent(customer)}`;

export const loadState = () => call("GET", "/sim/state");
export const loadCustomers = () => call("GET", "/sim/customers");
export const loadChat = (number, customer) => call("GET", chatPath(number, customer));
export const loadDeliveries = (customer) =>
  call("GET", `/sim/deliveries?limit=40&customer=${encodeURIComponent(customer)}`);
export const loadDelivery = (id) => call("GET", `/sim/deliveries/${id}`);
export const addCustomer = (customer) => call("POST", "/sim/customers", customer);
export const changeCustomer = (id, change) => call("PATCH", `/sim/customers/${id}`, change);
export const send = (number, customer, draft) => call("POST", `${chatPath(number, customer)}/messages`, draft);
export const orderFault = (fault) => call("POST", "/sim/faults/sends", fault);
export const startOutage = (ms) => call("POST", "/sim/outage", { ms });
export const markRead = (number, customer) => call("POST", `${chatPath(number, customer)}/read`, {});
export const markPlayed = (message) => call("POST", `/sim/messages/${encodeURIComponent(message)}/play`, {});

export function upload(file, mime, filename) {
  const query = filename ? `?filename=${encodeURIComponent(filename)}` : "";
  return call("PUT", `/sim/uploads${query}`, file, mime || "application/octet-stream");
}

/** Listens for good; EventSource reconnects by itself. */
export function listen(onEvent, onState) {
  const source = new EventSource("/sim/events");
  source.onopen = () => onState(true);
  source.onerror = () => onState(false);
  source.onmessage = (message) => onEvent(JSON.parse(message.data));
}
