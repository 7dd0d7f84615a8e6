import type { AppError } from '../../domain/errors.ts';

/** The error of one item, with pointers from the batch's root. */
export const within = (
  prefix: string,
  { code, detail, errors, params, quota }: AppError,
): Pick<AppError, 'code' | 'detail' | 'errors' | 'params' | 'quota'> => ({
  code,
  detail,
  params,
  quota,
  errors: errors.map((error) => ({ ...error, pointer: `${prefix}${error.pointer.replace(/^(?!\/|$)/, '/')}` })),
});
