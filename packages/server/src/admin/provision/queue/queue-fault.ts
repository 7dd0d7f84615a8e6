import { AppError } from '../../../domain/errors.ts';
import { type Diagnosed, diagnose, queueNameOf } from '../../../jobs/sqs/diagnosis.ts';
import { nameOf } from '../../../jobs/sqs/sqs-fault.ts';

/** Converts an error into a sentence for the queue's administrator. */
export const queueFault = (error: unknown, at: Diagnosed): AppError =>
  error instanceof AppError ? error : new AppError('unavailable', sentence(error, at), { cause: error });

function sentence(error: unknown, at: Diagnosed): string {
  if (!(error instanceof Error)) return String(error);
  const name = queueNameOf(at.url);
  switch (nameOf(error)) {
    case 'AccessDenied':
    case 'AccessDeniedException':
      return `The credentials may not change the queue ${name} (${error.message}): run this with an administrator's`;
    case 'QueueDeletedRecently':
      return `The queue ${name} was deleted just now (${error.message}): run this again a minute later`;
    default:
      return diagnose(error, at) ?? `The store says ${nameOf(error)} (${error.message})`;
  }
}
