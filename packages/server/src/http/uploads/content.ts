import { typeBySignature } from '../../domain/image/file-signature.ts';
import { acceptedType, isImageType, type MediaType } from '../../domain/image/media-type.ts';
import { pictureToReplace, replaceDirectly } from '../../operations/uploads/replace-directly.ts';
import { requireTokenUse } from '../../operations/uploads/require-token-use.ts';
import { maxDirectBytes, namingGrants, stageDirectUpload } from '../../operations/uploads/stage-direct-upload.ts';
import { jsonTextAnswer } from '../answers/answer.ts';
import { firstBytesOfFile } from '../bodies/first-bytes.ts';
import { refusedBodyOrImage } from '../bodies/refused-body.ts';
import { requestBody, requireLength } from '../bodies/request-body.ts';
import { imageTag, imageText } from '../images/image-json.ts';
import { declaredLength } from '../request/body-length.ts';
import { clientOf, payerFor } from '../request/client.ts';
import { contentTypeOf, UNTYPED } from '../request/content-type.ts';
import { header } from '../request/header.ts';
import { idempotencyKeyOf } from '../request/idempotency-key.ts';
import { expectedRevisions } from '../request/if-match.ts';
import type { Route, RouteContext } from '../route.ts';
import * as operations from './content.openapi.ts';
import { requireType } from './upload-fields.ts';
import type { UploadServices } from './uploads.ts';

export const contentRoutes: readonly Route<UploadServices>[] = [
  {
    method: 'PUT',
    path: '/images/:id/content',
    operation: operations.replace,
    async handle(c, services) {
      const access = c.get('access');
      const revisions = expectedRevisions(header(c, 'if-match'));
      const declared = declaredType(c);
      const asked = { id: c.req.param('id') ?? '', expectedRevisions: revisions };
      await pictureToReplace(services, access, asked); // before the body is read
      await requireTokenUse(services, access, idempotencyKeyOf(c));
      const maxBytes = maxDirectBytes(services, access);
      requireLength(c, maxBytes);
      await using file = await stageDirectUpload(services, access, {
        body: requestBody(c, maxBytes),
        payer: payerFor(c),
        announcedBytes: declaredLength(c),
      }).catch((error: unknown) => {
        throw namingGrants(error, services, access);
      });
      const image = await replaceDirectly(services, access, {
        ...asked,
        contentType: declared ?? typeOfBytes(c, await firstBytesOfFile(file.path)),
        file,
        idempotencyKey: idempotencyKeyOf(c),
        client: clientOf(c, access),
      });
      const text = imageText(image, services.viewFor(c));
      return jsonTextAnswer(c, text, { etag: imageTag(image, text) });
    },
  },
];

/** undefined: that of the bytes. */
function declaredType(c: RouteContext): MediaType | undefined {
  const type = contentTypeOf(c);
  if (UNTYPED.includes(type)) return undefined;
  if (isImageType(type)) return requireType(type, 'Content-Type');
  throw refusedBodyOrImage(c, operations.CONTENT_BODY, new Uint8Array());
}

function typeOfBytes(c: RouteContext, head: Uint8Array): MediaType {
  const type = acceptedType(typeBySignature(head) ?? '');
  if (type === undefined) throw refusedBodyOrImage(c, operations.CONTENT_BODY, head);
  return type;
}
