// The workers: claim jobs, several in one go, send them side by side, store what came of them. Woken by what is accepted; a slow poll finds
// what is due by time and what a process that died left behind.

import { Agent, request } from 'node:http';
import { statusOf } from './announce.js';

const POLL_MS = 1_000;
const TIMEOUT_MS = 30_000;
const LEASE_MS = 60_000;
/** Codes that say "too much" or "not now": they pass. */
const PASSING = new Set([1, 2, 4, 80007, 130429, 131000, 131016, 131048, 131056, 131057]);

export function startSending({ config, store, accounts, announce }) {
  if (!config.providerUrl) return { wake() {} };
  const numbers = new Map([...accounts.values()].map((account) => [String(account.id), account.phone_number_id]));
  const post = poster(config);
  let underWay = 0;
  let isClaiming = false;
  let isWanted = false;

  async function perform(job) {
    const result = await attempt(post, numbers.get(String(job.account_id)), job);
    await store.settle(job, result);
    announce({ id: job.account_id }, statusOf(job, result), 'message:status');
  }

  async function run(job) {
    try {
      await perform(job);
    } catch (error) {
      // Its lease runs out, and it is settled as unknown.
      console.error(error);
    } finally {
      underWay -= 1;
      wake();
    }
  }

  // One claim at a time, after what this turn of the event loop has to accept: what came meanwhile is claimed together.
  function wake() {
    isWanted = true;
    if (isClaiming) return;
    isClaiming = true;
    setImmediate(claim);
  }

  async function claim() {
    try {
      while (isWanted && underWay < config.workers) {
        isWanted = false;
        const now = Date.now();
        const jobs = await store.claim(config.workers - underWay, now, now + LEASE_MS);
        underWay += jobs.length;
        for (const job of jobs) run(job);
      }
    } catch (error) {
      console.error(error);
    } finally {
      isClaiming = false;
    }
  }

  setInterval(async () => {
    try {
      const now = Date.now();
      for (const job of await store.expire(now)) {
        announce({ id: job.account_id }, statusOf(job, { status: 'unknown', endedAt: now }), 'message:status');
      }
    } catch (error) {
      console.error(error);
    }
    wake();
  }, POLL_MS);
  return { wake };
}

/** One attempt: what is to be stored of it. Without a clear answer it may have been sent, and is never sent again by itself. */
async function attempt(post, phoneNumberId, job) {
  const body = JSON.stringify({
    messaging_product: 'whatsapp', recipient_type: 'individual', to: job.recipient.slice(1), type: 'text',
    text: { body: job.body }, biz_opaque_callback_data: `${job.message_id}.${job.attempt}`,
  });
  const ended = (fields) => ({ endedAt: Date.now(), wamid: null, sentAt: null, error: null, retryAt: null, ...fields });
  try {
    const { status, answer } = await post(`/v26.0/${phoneNumberId}/messages`, body);
    const wamid = answer.messages?.[0]?.id;
    if (status === 200 && wamid) return ended({ outcome: 'accepted', status: 'sent', wamid, sentAt: Date.now() });
    if (status >= 500 || !answer.error) return ended({ outcome: 'unknown', status: 'unknown', error: `HTTP ${status}` });
    const { code, message: error } = answer.error;
    if (!PASSING.has(code)) return ended({ outcome: 'refused', status: 'failed', error });
    return ended({ outcome: 'refused', status: 'sending', error, retryAt: Date.now() + 1_000 * 4 ** Number(job.attempt) });
  } catch (error) {
    return ended({ outcome: 'unknown', status: 'unknown', error: error.message });
  }
}

/** Keep-alive connections to the provider: as many as there are workers. */
function poster({ providerUrl, providerToken, workers }) {
  const agent = new Agent({ keepAlive: true, maxSockets: workers, scheduling: 'lifo' });
  const { hostname, port } = new URL(providerUrl);
  return (path, body) => new Promise((resolve, reject) => {
    const options = {
      agent, hostname, port, path, method: 'POST', timeout: TIMEOUT_MS,
      headers: {
        authorization: `Bearer ${providerToken}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body),
      },
    };
    const sent = request(options, (response) => {
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('end', () => {
        try {
          resolve({ status: response.statusCode, answer: JSON.parse(Buffer.concat(pieces)) });
        } catch (error) {
          reject(error);
        }
      });
      response.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.on('error', reject);
    sent.end(body);
  });
}
