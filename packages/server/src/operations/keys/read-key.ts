import type { ApiKey } from '../../domain/access/api-key.ts';
import { parseKeyId } from '../../domain/access/api-key-text.ts';
import { AppError } from '../../domain/errors.ts';
import type { Services } from '../../services.ts';

/** Errors: `key-not-found`, also for a text that is no id. */
export async function readKey({ keys }: Pick<Services, 'keys'>, id: string): Promise<ApiKey> {
  const keyId = parseKeyId(id);
  const key = keyId && (await keys.get(keyId));
  if (!key) throw new AppError('key-not-found', 'API key not found');
  return key;
}
