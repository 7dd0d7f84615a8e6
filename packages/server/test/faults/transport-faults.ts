import { once } from 'node:events';
import type { Exchange, Failing } from './faulty-proxy.ts';

const cut = ({ outgoing }: Exchange): void => void outgoing.destroy();

/** Faults of a request to any store. */
export const TRANSPORT_FAULTS = {
  /** An answer of a load balancer, in no store's format. */
  'bad gateway': async ({ outgoing }) => void outgoing.writeHead(502).end('<html><h1>Bad Gateway<br></h1></html>'),
  silence: async ({ outgoing }) => void (await once(outgoing, 'close')),
  cut: async (exchange) => cut(exchange),
  'cut request': async (exchange) => {
    await exchange.perform(exchange.body.subarray(0, exchange.body.length / 2)).catch(() => undefined);
    cut(exchange);
  },
  'cut answer': async ({ outgoing, perform }) => {
    const { status, headers, body } = await perform();
    outgoing.writeHead(status, headers).write(body.subarray(0, body.length / 2));
    outgoing.socket?.destroySoon();
  },
  'lost answer': async (exchange) => {
    await exchange.perform();
    cut(exchange);
  },
  /** The store is so slow that it performs the request after its client has given up. */
  late: async (exchange) => {
    exchange.keep();
    cut(exchange);
  },
} as const satisfies Record<string, Failing>;
