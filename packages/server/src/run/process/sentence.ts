import { AppError } from '../../domain/errors.ts';
import { withoutSecrets } from '../../observe/log/logged-error.ts';
import { DAMAGE_REMEDY, isDamage } from '../../records/sqlite/sqlite-error.ts';
import { ConfigError } from '../config/config.ts';

/** For the operator: why a program can't start or do its work. */
export function sentence(error: unknown): string {
  if (error instanceof ConfigError) return `Invalid configuration:\n${error.message}`;
  if (isDamage(error)) return withRemedy(error.message); // as a store prepares its statements
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AppError && error.isDamage) return withRemedy(error.detail);
  if ('detail' in error && typeof error.detail === 'string') return error.detail;
  const { code, port, address, path } = error as NodeJS.ErrnoException & { port?: number; address?: string };
  if (code === 'EADDRINUSE') return `Port ${port} is in use on ${address}; set PORT to another one.`;
  if (code === 'EADDRNOTAVAIL') return `${address} is no address of this machine; set HOST to one that is.`;
  if (code === 'EACCES' && port !== undefined) return `Port ${port} needs more rights; set PORT to one above 1023.`;
  if (code === 'ENOTFOUND') return `The host name in HOST is unknown here.`;
  if (path !== undefined && code !== undefined) return `The data folder can't be used: ${error.message}.`;
  return withoutSecrets(error.stack ?? error.message);
}

const withRemedy = (detail: string): string =>
  detail.includes(DAMAGE_REMEDY) ? detail : `${detail}. ${DAMAGE_REMEDY}`;
