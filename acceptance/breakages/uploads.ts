import { breakagesOf } from './breakage.ts';

export const UPLOADS = [
  ...breakagesOf('object-store/signing/presigned-object.ts', [
    [
      'the type is not part of a grant',
      "url: signer.presign({ ...address, method: 'PUT', headers, query,",
      "url: signer.presign({ ...address, method: 'PUT', headers: {}, query,",
    ],
    [
      'the length is not part of a grant',
      "...(sizeBytes === undefined ? {} : { 'Content-Length': String(sizeBytes) }),",
      '',
    ],
    ['a grant with sha256 lacks If-None-Match', "...(isOnce && { 'If-None-Match': '*' }),", ''],
    ['a grant with sha256 lacks the checksum', '...(sha256 !== undefined && {', "...(sha256 === '' && {"],
  ]),
  ...breakagesOf('object-store/endpoint/endpoint-presigner.ts', [
    ['the service says it compares no checksums', 'checksums: true', 'checksums: false'],
    ['the service says it takes no forms', 'postPolicy: true', 'postPolicy: false'],
  ]),
  ...breakagesOf('object-store/endpoint/body-digests.ts', [
    ['checksums are not verified', 'digest.base64(file) !== base64', 'digest.base64(file) === undefined'],
  ]),
  ...breakagesOf('object-store/signing/sigv4-verify.ts', [
    [
      'signatures of URLs are not verified',
      'if (!isSameSignature(expected, claims.signature))',
      'if (claims.signature.length < 64)',
    ],
    ['unsigned x-amz headers pass', 'if (unsigned)\n', 'if (unsigned === null)\n'],
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
    ['a form may be empty', '[1, settings.maxUploadBytes]', '[0, settings.maxUploadBytes]'],
    ['size does not bind a form', '[sizeBytes, sizeBytes]', '[1, settings.maxUploadBytes]'],
    ['a size over the limit is granted', 'input.sizeBytes > maxUploadBytes', 'input.sizeBytes > maxUploadBytes + 1'],
    ['a replay makes no fresh URL', "if (image.status !== 'pending') return", 'if (image.id) return'],
    [
      'the fingerprint of a grant leaves tags out',
      "form: 'grant', contentType, filename, tags,",
      "form: 'grant', contentType, filename,",
    ],
    ['the fingerprint of a grant leaves size out', 'method, sizeBytes, sha256 });\n};', 'method, sha256 });\n};'],
    [
      'the expiry of a replay does not move',
      'const extended = extend(image, request.expiresAt);',
      'const extended = extend(image, image.expiresAt); Object.assign(request, { expiresAt: image.expiresAt });',
    ],
  ]),
  ...breakagesOf('operations/uploads/finalize-upload.ts', [
    [
      'a used URL replaces the bytes that are served',
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
    ['the fingerprint leaves the bytes out', 'metadata, sha256: file.sha256 });', 'metadata });'],
    [
      'a refused upload leaves a record',
      '  const verified = await verify(services, userId, input);\n  const begun',
      '  await services.images.create(pendingImage({ ...input, userId, id: services.newId() as ImageId }, services.clock.now(), { expiresAt: services.clock.now(), claim: null, isDirect: true }));\n  const verified = await verify(services, userId, input);\n  const begun',
    ],
  ]),
  ...breakagesOf('operations/uploads/idempotency.ts', [
    [
      'any request may use a standing key',
      'if (standing.fingerprint === request.fingerprint) return;',
      'if (standing) return;',
    ],
    ['a 4xx holds its key', 'await change(left).catch(() => undefined);', ''],
  ]),
  ...breakagesOf('image-repository/sqlite/key-uses.ts', [
    ['a replay makes a second image', 'if (standing) return keyUseOf(standing);', ''],
    [
      'a key is everyone’s',
      'WHERE user_id = ? AND key = ? AND expires_at > ?`',
      'WHERE ? IS NOT NULL AND key = ? AND expires_at > ?`',
    ],
  ]),
  ...breakagesOf('http/request/idempotency-key.ts', [
    ['a key may have 256 characters', 'MAX_LENGTH = 255', 'MAX_LENGTH = 256'],
    ['keys are ignored', 'if (key === undefined) return undefined;', 'if (key !== null) return undefined;'],
  ]),
  ...breakagesOf('http/bodies/upload-fields.ts', [
    ['an unnamed file has no extension', '{EXTENSIONS[type]}', "{'picture'}"],
    [
      'a replay of a used key still shows a URL',
      'if (!request) return uploadJson(image, settings.view);',
      "if (!request) return { ...uploadJson(image, settings.view), upload_url: 'x' };",
    ],
    ['max_size is not the limit', 'max_size: settings.maxUploadBytes', 'max_size: 1'],
  ]),
  ...breakagesOf('http/routes/uploads.ts', [
    [
      'a grant by query is for PNG unless told',
      "fields.content_type ?? 'image/jpeg'",
      "fields.content_type ?? 'image/png'",
    ],
    ['what else metadata holds is dropped', "...parse(ownMetadata, { metadata: rest }, 'body')", ''],
    [
      'a body without a form passes for a grant',
      "const expected = 'multipart/form-data, image/*",
      "if (c.req.method) return queryGrant(c, services);\n      const expected = 'multipart/form-data, image/*",
    ],
  ]),
  ...breakagesOf('http/routes/batches.ts', [
    ['a batch of grants stops at the first error', '    if (error instanceof AppError) return { error };\n', ''],
    ['count tells failures too', "count: results.filter((result) => 'done' in result).length", 'count: results.length'],
    [
      'the user of a batch is ignored',
      "speakingAs(c.get('principal'), batch.user_id ?? undefined",
      "speakingAs(c.get('principal'), undefined",
    ],
  ]),
  ...breakagesOf('operations/images/each-image.ts', [
    ['a batch of deletes stops at the first error', 'if (error instanceof AppError) return { id, error };', ''],
  ]),
  ...breakagesOf('http/schemas/uploads.ts', [
    ['a grant by query knows its parameters only', 'grantQuery = z.object({', 'grantQuery = z.strictObject({'],
    ['a raw body knows its parameters only', 'directQuery = z.object(', 'directQuery = z.strictObject('],
    ['a form knows the parameters of its query only', 'formQuery = z.object({', 'formQuery = z.strictObject({'],
    ['a batch may have 101 grants', 'MAX_BATCH_UPLOADS = 100', 'MAX_BATCH_UPLOADS = 101'],
    ['a batch may be empty', "batchOf('upload', z.unknown(), MAX_BATCH_UPLOADS)", 'z.array(z.unknown())'],
  ]),
  ...breakagesOf('http/schemas/images.ts', [
    ['a batch may have 1,001 ids', 'MAX_BATCH_IMAGES = 1_000', 'MAX_BATCH_IMAGES = 1_001'],
  ]),
];
