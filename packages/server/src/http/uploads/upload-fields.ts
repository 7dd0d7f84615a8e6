import { ownerOf, tokenOf } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { AppError, invalidFields } from '../../domain/errors.ts';
import type { UploadDescription } from '../../domain/image/image.ts';
import { acceptedType, extensionOf, type MediaType } from '../../domain/image/media-type.ts';
import type { CreateUploadInput } from '../../operations/uploads/create-upload.ts';
import { unsupportedParams, unsupportedType } from '../request/content-type.ts';
import { keptFaults } from '../request/kept-fields.ts';
import type { RouteContext } from '../route.ts';
import type { Described, GrantFields } from './upload-schemas.ts';

/** Errors: `invalid-request` if the upload has no owner. */
export function owned(access: Access): Access {
  ownerOf(access);
  return access;
}

export function requireType(declared: string | undefined, pointer: string): MediaType {
  const type = acceptedType(declared ?? '');
  if (type) return type;
  const detail = unsupportedType(declared);
  throw new AppError('unsupported-type', `${pointer}: ${detail}`, {
    errors: [{ pointer, detail }],
    params: unsupportedParams(declared),
  });
}

/**
 * The client's description. Absent fields are those of its upload token, or have defaults. Errors: `invalid-request`
 * for fields that the picture keeps which the token replaces.
 */
export function describedAs(access: Access, fields: Described, type: MediaType): UploadDescription {
  const fixed = tokenOf(access)?.fixed;
  const ignored = fixed?.replaces === undefined ? [] : keptFaults(fields);
  if (ignored.length > 0) throw invalidFields(ignored.map(({ name, detail }) => ({ pointer: `/${name}`, detail })));
  return {
    filename: fields.filename ?? `image.${extensionOf(type)}`,
    tags: fields.tags ?? fixed?.tags ?? [],
    description: fields.description ?? null,
    metadata: fields.metadata ?? fixed?.metadata ?? {},
    visibility: fields.visibility ?? fixed?.visibility ?? 'private',
    externalId: fields.external_id ?? fixed?.externalId ?? null,
  };
}

/** What the client asks for, or its upload token fixes. */
export const ifExistsFor = (access: Access, { if_exists }: Described) => if_exists ?? tokenOf(access)?.fixed.ifExists;

export const grantInput = (
  c: RouteContext,
  access: Access,
  fields: GrantFields,
  idempotencyKey: string | undefined,
): CreateUploadInput => ({
  ...describedAs(access, fields, requireType(fields.content_type, 'content_type')),
  contentType: fields.content_type,
  method: fields.method ?? 'PUT',
  sizeBytes: fields.size ?? undefined,
  sha256: fields.sha256 ?? undefined,
  parts: fields.parts
    ? { partBytes: fields.part_size ?? undefined, checksums: fields.part_checksums ?? false }
    : undefined,
  replaces: fields.replaces ?? tokenOf(access)?.fixed.replaces,
  ifExists: ifExistsFor(access, fields),
  idempotencyKey,
  publicOrigin: c.get('publicOrigin'),
});
