import type { Access } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import { untilLate } from '../../flow/until-late.ts';
import { type CreateServices, type CreateUploadInput, createUpload, type Grant } from './create-upload.ts';

/** One requested grant, or the error in its request. */
export type UploadRequest =
  | { readonly access: Access; readonly input: CreateUploadInput }
  | { readonly error: AppError };
export type UploadResult = { readonly grant: Grant } | { readonly error: AppError };

/** Grants each upload independently: an error of one doesn't affect the others. */
export async function createUploads(
  services: CreateServices,
  requests: readonly UploadRequest[],
): Promise<UploadResult[]> {
  const permit = async (request: UploadRequest): Promise<UploadResult> => {
    if ('error' in request) return request;
    try {
      return { grant: await createUpload(services, request.access, request.input) };
    } catch (error) {
      if (error instanceof AppError) return { error };
      throw error;
    }
  };
  return untilLate(services, requests, { width: requests.length, work: permit, late: (error) => ({ error }) });
}
