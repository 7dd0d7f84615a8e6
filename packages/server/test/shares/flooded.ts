import type { Imaging, Turn } from '../../src/imaging/imaging.ts';
import { type ClosedService, createClosedService } from '../services/closed-service.ts';

export interface Answered {
  readonly name: string;
  readonly status: number;
}

/**
 * A closed service without limits of rates, a user who floods it, and another one. All their requests come from one
 * address.
 */
export interface FloodedService extends ClosedService {
  /** The keys of the two users. */
  readonly mallory: string;
  readonly ada: string;
  /** In the order in which the answers came. */
  readonly answers: Answered[];
  /**
   * Whose jobs the decoders have finished, in that order. Answers come in another one: an upload has disk and database
   * behind it.
   */
  readonly decoded: ('flood' | 'own')[];
  /**
   * Holds the decoders' jobs until `times` of ada's wait too: without it a fast decoder ends the flood before she
   * comes.
   */
  holdUntilAdaWaits(times: number): void;
  /** Adds the answer to `answers` once it comes; resolves to its status. */
  note(name: string, answer: Promise<Response>): Promise<number>;
}

export async function createFlooded(environment: Record<string, string> = {}): Promise<FloodedService> {
  const held = holding();
  const service = await createClosedService({ environment, overrides: { wrapImaging: held.wrap } });
  const [mallory, ada] = [await service.keyOf({ owner: 'mallory' }), await service.keyOf({ owner: 'ada' })];
  const answers: Answered[] = [];
  const note: FloodedService['note'] = async (name, answer) => {
    const { status } = await answer;
    answers.push({ name, status });
    return status;
  };
  return {
    ...service,
    mallory,
    ada,
    answers,
    decoded: held.decoded,
    note,
    holdUntilAdaWaits: held.untilAdaWaits,
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

/** Jobs reach the decoders in the order in which they came. */
function holding() {
  let awaited = 0;
  let { promise: released, resolve: release } = Promise.withResolvers<void>();
  release();
  const decoded: FloodedService['decoded'] = [];
  const inOrder = async <Result>(payer: Turn['payer'], decode: () => Promise<Result>): Promise<Result> => {
    const isOwn = payer?.account === 'user ada' || payer?.member === 'ada';
    if (isOwn && --awaited === 0) release();
    await released;
    try {
      return await decode();
    } finally {
      decoded.push(isOwn ? 'own' : 'flood');
    }
  };
  return {
    decoded,
    untilAdaWaits: (times: number): void => {
      awaited = times;
      decoded.length = 0;
      ({ promise: released, resolve: release } = Promise.withResolvers<void>());
    },
    wrap: (imaging: Imaging): Imaging => ({
      ...imaging,
      inspect: (source, type, turn) => inOrder(turn?.payer, () => imaging.inspect(source, type, turn)),
      render: (source, outputs, options) => inOrder(options.payer, () => imaging.render(source, outputs, options)),
    }),
  };
}
