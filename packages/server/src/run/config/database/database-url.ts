import type { Observer } from '../../../observe/observer/observer.ts';
import { databaseUrlIn, type Secrets } from '../config.ts';
import { secretFrom } from '../secret.ts';

/** The URL of the environment, or of the file that it names. Errors: `ConfigError`, and those of `secretFrom`. */
export async function databaseUrlOf({ databaseUrl }: Pick<Secrets, 'databaseUrl'>, observe: Observer): Promise<string> {
  if (databaseUrl === null) throw new TypeError('expected the URL of a database; got none');
  if (typeof databaseUrl === 'string') return databaseUrl;
  return databaseUrlIn(await secretFrom(databaseUrl.file, 'DATABASE_URL_FILE', observe));
}
