import type { FaultyStore } from './faulty-proxy.ts';
import { TRANSPORT_FAULTS } from './transport-faults.ts';

type SqsFaultKind = keyof typeof TRANSPORT_FAULTS;

/** Calls are named after their SQS operation: `SendMessage queue`. */
export const FAULTY_SQS: FaultyStore<SqsFaultKind> = {
  callNameOf: ({ headers }) => `${String(headers['x-amz-target']).replace('AmazonSQS.', '')} queue`,
  faults: TRANSPORT_FAULTS,
};
