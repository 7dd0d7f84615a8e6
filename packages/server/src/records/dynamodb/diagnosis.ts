import { diagnoseConnection, misSigned, refusedBy } from '../../aws/diagnosis.ts';
import { AppError } from '../../domain/errors.ts';

export interface Diagnosed {
  readonly table: string;
  readonly region: string;
  /** null: Amazon's. */
  readonly endpoint: string | null;
}

/** The table's location, for messages. */
const addressOf = ({ region, endpoint }: Pick<Diagnosed, 'region' | 'endpoint'>): string =>
  endpoint ?? `Amazon DynamoDB in ${region}`;

/** A message for the operator: why the table can't be used, and how to repair it. Undefined for unknown errors. */
export function diagnose(error: unknown, { table, region, endpoint }: Diagnosed): string | undefined {
  const first = error instanceof AppError ? error.cause : error;
  if (!(first instanceof Error)) return undefined;
  const at = addressOf({ region, endpoint });
  switch (first.name) {
    case 'InvalidSignatureException':
      return misSigned(first, { at, region });
    case 'UnrecognizedClientException':
    case 'IncompleteSignatureException':
    case 'MissingAuthenticationTokenException':
    case 'InvalidClientTokenId':
      return refusedBy(at);
    case 'ResourceNotFoundException':
    case 'TableNotFoundException':
      return `There is no table ${table} at ${at}: make it by npm run admin -- provision`;
    case 'AccessDeniedException':
      return `The credentials may not use the table ${table}: npm run admin -- provision --policies prints what they need`;
    case 'SyntaxError': // the answer isn't JSON
      return `${at} is not DynamoDB: set AWS_ENDPOINT_URL_DYNAMODB to where it is`;
    default:
      return diagnoseConnection(first, { at, setting: endpoint === null ? 'AWS_REGION' : 'AWS_ENDPOINT_URL_DYNAMODB' });
  }
}
