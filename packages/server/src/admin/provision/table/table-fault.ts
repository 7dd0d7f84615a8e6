import { AppError } from '../../../domain/errors.ts';
import { type Diagnosed, diagnose } from '../../../records/dynamodb/diagnosis.ts';

/** Converts an error into a sentence for the table's administrator. */
export function tableFault(error: unknown, at: Diagnosed): AppError {
  const first = error instanceof AppError && error.cause !== undefined ? error.cause : error;
  if (first instanceof AppError) return first;
  return new AppError('unavailable', sentence(first, at), { cause: error });
}

function sentence(error: unknown, at: Diagnosed): string {
  if (!(error instanceof Error)) return String(error);
  switch (error.name) {
    case 'AccessDeniedException':
      return `The credentials may not change the table ${at.table} (${error.message}): run this with an administrator's`;
    case 'ResourceInUseException':
    case 'LimitExceededException':
      return `The table ${at.table} is being changed by somebody else (${error.message}): run this again when that is done`;
    default:
      return diagnose(error, at) ?? `The store says ${error.name} (${error.message})`;
  }
}
