import { Readable } from 'node:stream';
import { type Principal, speakingAs } from '../../domain/access/principal.ts';
import { AppError } from '../../domain/errors.ts';
import { isImageType, typeByExtension } from '../../domain/image/media-type.ts';
import { adviceFor } from '../../domain/image/other-formats.ts';
import { createUpload } from '../../operations/uploads/create-upload.ts';
import { stageDirectUpload } from '../../operations/uploads/stage-direct-upload.ts';
import { type StoreDirectUploadInput, storeDirectUpload } from '../../operations/uploads/store-direct-upload.ts';
import { truncated } from '../../text/preview.ts';
import { jsonAnswer } from '../answers/answer.ts';
import { uploadJson } from '../answers/image-json.ts';
import type { AppServices } from '../app-services.ts';
import { base64Length, decodeBase64 } from '../bodies/base64.ts';
import { firstBytesOfBase64, firstBytesOfBody, firstBytesOfFile } from '../bodies/first-bytes.ts';
import { readLargeJson } from '../bodies/large-json.ts';
import { tellingBytes, toldByBytes } from '../bodies/refused-type.ts';
import { hasEmptyBody, requestBody, requireLength } from '../bodies/request-body.ts';
import { describedAs, grantInput, grantJson, ownerIn, requireType } from '../bodies/upload-fields.ts';
import { readUploadForm } from '../bodies/upload-form.ts';
import { clientOf } from '../request/client.ts';
import { header } from '../request/header.ts';
import { idempotencyKeyOf } from '../request/idempotency-key.ts';
import { parametersOf } from '../request/query.ts';
import { parameters, parse } from '../request/validation.ts';
import type { Route, RouteContext } from '../route.ts';
import { changeQuery } from '../schemas/images.ts';
import {
  base64Body,
  type Described,
  directForm,
  directQuery,
  formQuery,
  type GrantFields,
  grantBody,
  grantQuery,
  ownMetadata,
} from '../schemas/uploads.ts';
import { upload } from './uploads.openapi.ts';

/** A JSON body's size besides the base64: other fields, and line breaks. */
const JSON_OVERHEAD_BYTES = 524_288;

/** One route. The body decides, its Content-Type first. */
export const uploadRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/images/upload',
    operation: upload,
    handle(c, services) {
      const type = (header(c, 'content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
      if (type === 'multipart/form-data') return formUpload(c, services);
      if (isImageType(type)) return rawUpload(c, services, type);
      if (type === 'application/json' || type.endsWith('+json')) return jsonUpload(c, services);
      if (hasEmptyBody(c) && (type === '' || type === 'application/x-www-form-urlencoded')) {
        return queryGrant(c, services);
      }
      return refuseBody(c, type);
    },
  },
];

async function refuseBody(c: RouteContext, type: string): Promise<never> {
  const expected = 'multipart/form-data, image/*, application/json, or an empty body with a query';
  const got = type === '' ? 'a body without a Content-Type header' : truncated(type);
  const advice = adviceFor(type);
  const detail = `expected ${expected}; got ${got}${advice === undefined ? '' : `: ${advice}`}`;
  throw toldByBytes(new AppError('unsupported-body', detail), await firstBytesOfBody(c));
}

async function formUpload(c: RouteContext, services: AppServices): Promise<Response> {
  const query = parse(formQuery, parametersOf(c), 'query');
  const { maxDirectUploadBytes } = services.settings;
  await using form = await readUploadForm(c, maxDirectUploadBytes, (body) => stageDirectUpload(services, body));
  const named = parse(directForm, { filename: form.filename }, 'form');
  const { fields, contentType } = await tellingBytes(
    () => {
      const fields = parse(directForm, parameters(form.fields), 'form');
      const declared = fields.content_type ?? query.content_type ?? form.contentType;
      return { fields, contentType: requireType(declared ?? typeByExtension(form.filename ?? ''), 'file') };
    },
    () => firstBytesOfFile(form.file.path),
  );
  const principal = speakingAs(speakingAs(c.get('principal'), query.user_id, '?user_id'), fields.user_id, 'user_id');
  const described = { ...named, ...query, ...fields };
  return await directAnswer(c, services, { principal, fields: described, contentType, file: form.file });
}

async function rawUpload(c: RouteContext, services: AppServices, type: string): Promise<Response> {
  const contentType = await tellingBytes(
    () => requireType(type, 'Content-Type'),
    () => firstBytesOfBody(c),
  );
  const fields = parse(directQuery, parametersOf(c), 'query');
  const principal = ownerIn(c.get('principal'), fields, '?user_id');
  requireLength(c, services.settings.maxDirectUploadBytes);
  await using file = await stageDirectUpload(services, requestBody(c, services.settings.maxDirectUploadBytes));
  return await directAnswer(c, services, { principal, fields, contentType, file });
}

async function jsonUpload(c: RouteContext, services: AppServices): Promise<Response> {
  const upload = await receiveJson(c, services);
  if ('grant' in upload) return grantAnswer(c, services, ownerIn(callerOf(c), upload.grant, '/user_id'), upload.grant);
  await using file = upload.file;
  const { principal, fields, contentType } = upload;
  return await directAnswer(c, services, { principal, fields, contentType, file });
}

/** A base64 body takes several times its bytes in memory until it is a file, so few are decoded at a time. */
async function receiveJson(c: RouteContext, services: AppServices) {
  const { maxDirectUploadBytes } = services.settings;
  const maxBytes = base64Length(maxDirectUploadBytes) + JSON_OVERHEAD_BYTES;
  using read = await readLargeJson(c, services, { maxBytes });
  const body = read.value;
  const holdsFile = typeof body === 'object' && body !== null && 'file' in body;
  if (!holdsFile) return { grant: parse(grantBody, body, 'body') };

  const parsed = await tellingBytes(
    () => parse(base64Body, body, 'body'),
    () => firstBytesOfBase64(body),
  );
  const { file: encoded, user_id, metadata } = parsed;
  const { content_type, filename, tags, description, ...rest } = metadata;
  const { bytes, declaredType } = decodeBase64(encoded);
  const contentType = await tellingBytes(
    () => requireType(content_type ?? declaredType, '/metadata/content_type'),
    () => bytes,
  );
  const principal = ownerIn(callerOf(c), { user_id }, '/user_id');
  const fields = { filename, tags, description, ...parse(ownMetadata, { metadata: rest }, 'body') };
  return { principal, fields, contentType, file: await stageDirectUpload(services, Readable.from([bytes])) };
}

async function queryGrant(c: RouteContext, services: AppServices): Promise<Response> {
  const fields = parse(grantQuery, parametersOf(c), 'query');
  const content_type = fields.content_type ?? 'image/jpeg';
  return grantAnswer(c, services, ownerIn(c.get('principal'), fields, '?user_id'), { ...fields, content_type });
}

/** The query of a JSON upload names only its user. */
const callerOf = (c: RouteContext): Principal => {
  const { user_id } = parse(changeQuery, parametersOf(c), 'query');
  return speakingAs(c.get('principal'), user_id, '?user_id');
};

interface DirectUpload extends Pick<StoreDirectUploadInput, 'contentType' | 'file'> {
  readonly principal: Principal;
  readonly fields: Described;
}

async function directAnswer(
  c: RouteContext,
  services: AppServices,
  { principal, fields, contentType, file }: DirectUpload,
): Promise<Response> {
  const input = {
    ...describedAs(fields, contentType),
    contentType,
    file,
    idempotencyKey: idempotencyKeyOf(c),
    client: clientOf(c),
  };
  const image = await storeDirectUpload(services, principal, input);
  return jsonAnswer(c, uploadJson(image, services.viewAt(c.get('publicOrigin'))));
}

async function grantAnswer(
  c: RouteContext,
  services: AppServices,
  principal: Principal,
  fields: GrantFields,
): Promise<Response> {
  const grant = await createUpload(services, principal, grantInput(c, fields, idempotencyKeyOf(c)));
  const { maxUploadBytes } = services.settings;
  return jsonAnswer(c, grantJson(grant, { view: services.viewAt(c.get('publicOrigin')), maxUploadBytes }));
}
