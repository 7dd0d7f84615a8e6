import type { Rejection } from '../../domain/image/image.ts';
import { type FetchReason, fetchFailure } from '../../domain/ingest/fetch-reason.ts';
import type { OutboundFault } from '../../outbound/outbound-error.ts';

/** Another attempt may have another outcome. */
export const FOR_NOW: readonly OutboundFault[] = [
  'unresolved-name',
  'refused-connection',
  'connect',
  'timeout',
  'broken-answer',
  'unavailable',
  'closed',
];

/** No difference between a host that isn't there and one that may not be asked: its addresses are nobody's business. */
export const REASONS: Readonly<Record<OutboundFault, FetchReason>> = {
  'refused-url': 'refused-url',
  'refused-host': 'refused-host',
  'refused-address': 'unreachable',
  'unresolved-name': 'unreachable',
  'refused-connection': 'unreachable',
  connect: 'unreachable',
  tls: 'unreachable',
  closed: 'unreachable',
  timeout: 'timeout',
  'not-found': 'not-found',
  'bad-status': 'bad-status',
  unavailable: 'bad-status',
  redirect: 'broken',
  'too-many-redirects': 'too-many-redirects',
  compressed: 'broken',
  'too-large': 'broken',
  'broken-answer': 'broken',
};

/** An upload of which nothing came. */
export const failed = (reason: FetchReason): Rejection => ({
  code: 'fetch-failed',
  detail: fetchFailure(reason),
  params: { reason },
});
