import { breakagesOf } from './breakage.ts';

export const UPLOADS = [
  ...breakagesOf('object-store/signing/presigned-object.ts', [
    [
      'a grant does not sign the type',
      "url: signer.presign({ ...address, method: 'PUT', headers, query,",
      "url: signer.presign({ ...address, method: 'PUT', headers: {}, query,",
    ],
    [
      'a grant does not sign the length',
      "...(sizeBytes === undefined ? {} : { 'Content-Length': String(sizeBytes) }),",
      '',
    ],
    ['a grant with sha256 lacks If-None-Match', "...(isOnce && { 'If-None-Match': '*' }),", ''],
    ['a grant with sha256 lacks the checksum', '...(sha256 !== undefined && {', "...(sha256 === '' && {"],
  ]),
  ...breakagesOf('object-store/endpoint/endpoint-presigner.ts', [
    ['GET / says that the store lacks checksums', 'checksums: true', 'checksums: false'],
    ['GET / says that the store lacks forms', 'postPolicy: true', 'postPolicy: false'],
  ]),
  ...breakagesOf('object-store/endpoint/body-digests.ts', [
    ['checksums are not verified', 'digest.base64(file) !== base64', 'digest.base64(file) === undefined'],
  ]),
  ...breakagesOf('object-store/signing/sigv4-verify.ts', [
    ['signatures of URLs are not verified', 'if (!isSigned(sent))', 'if (claims.signature.length < 64)'],
    ['unsigned x-amz headers are accepted', 'if (unsigned)\n', 'if (unsigned === null)\n'],
  ]),
  ...breakagesOf('object-store/endpoint/form-verify.ts', [
    [
      'signatures of forms are not verified',
      "if (!isSameSignature(signPolicy(signingKey(day), value('policy')), value('X-Amz-Signature')))",
      'if (false)',
    ],
  ]),
  ...breakagesOf('object-store/signing/post-policy.ts', [
    [
      'a form may have fields its policy does not name',
      'if (extra.length > 0) return denied',
      'if (extra.length > 99) return denied',
    ],
    [
      'a policy’s conditions are not checked',
      'values.get(field), value))\n',
      "values.get(field), value) && operator !== 'eq')\n",
    ],
  ]),
  ...breakagesOf('operations/uploads/create-upload.ts', [
    ['a form may have an empty file', '[1, maxBytesWithin(', '[0, maxBytesWithin('],
    ['a form ignores the size of its grant', ': [sizeBytes, sizeBytes]', ': [1, settings.maxUploadBytes]'],
    ['a size over the limit is granted', 'input.sizeBytes > maxBytes', 'input.sizeBytes > maxBytes + 1'],
    [
      'a replay while the image is pending answers no URL',
      "if (image.status !== 'pending') return",
      'if (image.id) return',
    ],
    [
      'the fingerprint of a grant omits tags',
      'const described = { contentType, filename, tags,',
      'const described = { contentType, filename,',
    ],
    ['the fingerprint of a grant omits size', 'metadata, method, sizeBytes, sha256 };', 'metadata, method, sha256 };'],
    [
      'a replay does not extend the expiry',
      'const extended = extend(image, request.expiresAt);',
      'const extended = extend(image, image.expiresAt); Object.assign(request, { expiresAt: image.expiresAt });',
    ],
  ]),
  ...breakagesOf('operations/uploads/finalize-upload.ts', [
    [
      'a second PUT to a used URL replaces the served bytes',
      "if (image.status !== 'pending') {",
      `if (image.status === 'ready' && (await services.objects.head(incomingKey(image.userId, id)))) {
      await services.objects.delete([image.objectKey]);
      await services.objects.copy(incomingKey(image.userId, id), () => image.objectKey, image);
    }
    if (image.status !== 'pending') {`,
    ],
    [
      'refused bytes leave the upload pending',
      "  const decided = await (look.outcome === 'sound'",
      "  if (look.outcome === 'refused') { await leave(released); throw new AppError('upload-missing', ''); }\n  const decided = await (look.outcome === 'sound'",
    ],
  ]),
  ...breakagesOf('operations/uploads/store-direct-upload.ts', [
    ['the fingerprint of a direct upload omits the bytes', 'metadata, sha256: file.sha256 };', 'metadata };'],
    [
      'a refused upload leaves a record',
      '  const sound = await verify(services, upload, input);',
      '  await services.images.create(pendingImage({ ...input, userId: upload.userId, id: services.newId() as ImageId }, services.clock.now(), { expiresAt: services.clock.now(), claim: null, isDirect: true }));\n  const sound = await verify(services, upload, input);',
    ],
  ]),
  ...breakagesOf('operations/uploads/idempotency.ts', [
    [
      'any request may reuse a key',
      'if (standing.fingerprint === request.fingerprint) return;',
      'if (standing) return;',
    ],
    ['a 4xx response does not release the key', 'await change(left).catch(() => undefined);', ''],
  ]),
  ...breakagesOf('records/images/sqlite/key-uses.ts', [
    ['a replay creates a second image', 'if (standing) return standing;', ''],
    [
      'all users share their keys',
      'WHERE user_id = ? AND key = ? AND expires_at > ?`',
      'WHERE ? IS NOT NULL AND key = ? AND expires_at > ?`',
    ],
  ]),
  ...breakagesOf('http/request/idempotency-key.ts', [
    ['a key may have 256 characters', 'MAX_LENGTH = 255', 'MAX_LENGTH = 256'],
    ['keys are ignored', 'if (key === undefined) return undefined;', 'if (key !== null) return undefined;'],
  ]),
  ...breakagesOf('http/uploads/upload-fields.ts', [
    ['an upload without a filename is not named by its type', '{extensionOf(type)}', "{'picture'}"],
  ]),
  ...breakagesOf('http/uploads/upload-json.ts', [
    [
      'a replay after the upload answers a URL',
      'if (!request) return uploadJson(image, settings.view);',
      "if (!request) return { ...uploadJson(image, settings.view), upload_url: 'x' };",
    ],
    ['max_size is not the limit', 'max_size: maxBytesWithin(settings.maxUploadBytes, image.token)', 'max_size: 1'],
  ]),
  ...breakagesOf('http/answers/answer.ts', [
    ['an upload answers 200', 'JSON.stringify(value), 201,', 'JSON.stringify(value), 200,'],
  ]),
  ...breakagesOf('http/uploads/uploads.ts', [
    ['POST /uploads ignores a file', "!('file' in body)) return body;", "!('files' in body)) return body;"],
    [
      'POST /images accepts any body as a form',
      'if (contentTypeOf(c) !== FORM) return',
      "if (contentTypeOf(c) === 'text/csv') return",
    ],
    [
      'a replay of a deleted image says less than an image',
      'createdAnswer(c, storedJson(image,',
      "createdAnswer(c, image.status === 'deleted' ? { image_id: image.id, status: image.status } : storedJson(image,",
    ],
    ['an upload has no Location', 'isLive(image) ?', "image.status === 'deleted' ?"],
    ['a replay of a trashed image has a Location', 'isLive(image) ?', "image.status !== 'deleted' ?"],
    ['caches may keep a grant', '...locationOf(grant.image), ...UNCACHED', '...locationOf(grant.image)'],
  ]),
  ...breakagesOf('http/compatibility/compatibility.ts', [
    [
      'a grant by query is for PNG by default',
      "fields.content_type ?? 'image/jpeg'",
      "fields.content_type ?? 'image/png'",
    ],
    ['unknown keys of metadata are dropped', 'own === null ? {} :', 'own !== undefined ? {} :'],
    [
      'a body of an unsupported type is taken for a grant',
      'throw refusedBodyOrImage(c, EXPECTED_BODY, await',
      'if (c.req.method) return queryGrant(c, services);\n      throw refusedBodyOrImage(c, EXPECTED_BODY, await',
    ],
    ['a body without a type is refused', "const UNTYPED = [''", "const UNTYPED = ['x-none/x-none'"],
    ['a body of application/octet-stream is refused', ", 'application/octet-stream'];", '];'],
    [
      "caches may keep an earlier client's grant",
      "const json = grantJson(grant, { view: services.viewAt(c.get('publicOrigin')), maxUploadBytes });\n  return jsonAnswer(c, json, UNCACHED);",
      "const json = grantJson(grant, { view: services.viewAt(c.get('publicOrigin')), maxUploadBytes });\n  return jsonAnswer(c, json);",
    ],
  ]),
  ...breakagesOf('http/uploads/upload-batches.ts', [
    ['caches may keep a batch of grants', 'jsonAnswer(c, json, UNCACHED)', 'jsonAnswer(c, json)'],
    [
      'a batch of grants stops at the first error',
      "if (error instanceof AppError && error.code !== 'forbidden') return { error };",
      '',
    ],
    [
      'the count of grants includes errors',
      "count: results.filter((result) => 'grant' in result).length",
      'count: results.length',
    ],
    ['the user of a batch is ignored', 'actForMembers(c, [claimInBody(batch)])', 'actForMembers(c, [])'],
  ]),
  ...breakagesOf('operations/images/many-images.ts', [
    ['a batch of deletes stops at the first error', 'if (error instanceof AppError) return { id, error };', ''],
  ]),
  ...breakagesOf('http/uploads/upload-schemas.ts', [
    ['a grant by query refuses unknown parameters', 'grantQuery = z.object({', 'grantQuery = z.strictObject({'],
    ['a raw body refuses unknown parameters', 'directQuery = z.object(', 'directQuery = z.strictObject('],
    ['a form refuses unknown query parameters', 'formQuery = z.object({', 'formQuery = z.strictObject({'],
    ['a batch may have 101 grants', 'MAX_BATCH_UPLOADS = 100', 'MAX_BATCH_UPLOADS = 101'],
    ['a batch may be empty', "batchOf('upload', z.unknown(), MAX_BATCH_UPLOADS)", 'z.array(z.unknown())'],
  ]),
  ...breakagesOf('http/images/image-schemas.ts', [
    ['a batch may have 1,001 ids', 'MAX_BATCH_IMAGES = 1_000', 'MAX_BATCH_IMAGES = 1_001'],
  ]),
];
