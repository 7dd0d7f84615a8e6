import { type ClosedService, createClosedService } from '../services/closed-service.ts';

export interface Answered {
  readonly name: string;
  readonly status: number;
}

/** A closed service without limits of rates, a user who floods it, and another one. All their requests come from one address. */
export interface FloodedService extends ClosedService {
  /** The keys of the two users. */
  readonly mallory: string;
  readonly ada: string;
  /** In the order in which the answers came. */
  readonly answers: Answered[];
  /** Adds the answer to `answers` once it comes; resolves to its status. */
  note(name: string, answer: Promise<Response>): Promise<number>;
}

export async function createFlooded(environment: Record<string, string> = {}): Promise<FloodedService> {
  const service = await createClosedService({ environment });
  const [mallory, ada] = [await service.keyOf({ owner: 'mallory' }), await service.keyOf({ owner: 'ada' })];
  const answers: Answered[] = [];
  const note: FloodedService['note'] = async (name, answer) => {
    const { status } = await answer;
    answers.push({ name, status });
    return status;
  };
  return { ...service, mallory, ada, answers, note, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
}
