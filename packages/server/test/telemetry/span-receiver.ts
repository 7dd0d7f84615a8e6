import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type Fields, fieldsOf, hexIn, messagesIn, numberIn, textIn } from './protobuf.ts';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty: the trace begins with it. */
  readonly parentId: string;
  readonly name: string;
  /** 1: internal, 2: server, 5: consumer. */
  readonly kind: number;
  readonly links: readonly string[];
  /** As text; numbers too. */
  readonly attributes: Readonly<Record<string, string>>;
  /** `service.instance.id`: the process. */
  readonly process: string;
}

export const TAKES = (response: ServerResponse): unknown => response.writeHead(200).end();
export const REFUSES = (response: ServerResponse): unknown => response.writeHead(503).end('no');
export const HANGS = (): unknown => undefined;

/** An OTLP receiver on this machine. Metrics are accepted and forgotten. */
export interface SpanReceiver extends AsyncDisposable {
  readonly url: string;
  readonly spans: ReceivedSpan[];
  answering: (response: ServerResponse) => unknown;
}

export async function startSpanReceiver(answering: SpanReceiver['answering'] = TAKES): Promise<SpanReceiver> {
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    if (request.url === '/v1/traces') receiver.spans.push(...spansIn(fieldsOf(body)));
    receiver.answering(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const receiver: SpanReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: [],
    answering,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return receiver;
}

/** Field numbers: opentelemetry/proto/{trace,common,resource}/v1 of OTLP 1. */
const spansIn = (request: Fields): ReceivedSpan[] =>
  messagesIn(request, 1).flatMap((perResource) => {
    const [resource] = messagesIn(perResource, 1);
    const process = resource ? (attributesIn(resource, 1)['service.instance.id'] ?? '') : '';
    const spans = messagesIn(perResource, 2).flatMap((scope) => messagesIn(scope, 2));
    return spans.map((span) => ({
      traceId: hexIn(span, 1),
      spanId: hexIn(span, 2),
      parentId: hexIn(span, 4),
      name: textIn(span, 5),
      kind: numberIn(span, 6),
      links: messagesIn(span, 13).map((link) => hexIn(link, 1)),
      attributes: attributesIn(span, 9),
      process,
    }));
  });

const attributesIn = (message: Fields, number: number): Record<string, string> =>
  Object.fromEntries(
    messagesIn(message, number).map((attribute) => {
      const [value] = messagesIn(attribute, 2);
      const text = value && (textIn(value, 1) || String(numberIn(value, 3)));
      return [textIn(attribute, 1), text ?? ''];
    }),
  );
