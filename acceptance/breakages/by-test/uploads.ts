import { breakagesFor } from '../breakage.ts';

const OPERATIONS = 'server/src/operations/uploads';
const OF_IMAGES = 'server/src/operations/images';
const ENDPOINT = 'server/src/object-store/endpoint';

const JPEG_FRAME = 'server/src/imaging/inspect/structure/jpeg-frame.ts';
const JPEG_COST = 'server/src/imaging/inspect/structure/jpeg-cost.test.ts';

export const UPLOADS = [
  ...breakagesFor({ file: 'server/src/run/compose/imaging.ts', test: 'server/test/uploads/max-megapixels.test.ts' }, [
    ['decoders ignore MAX_MEGAPIXELS', '    maxPixels,\n', ''],
  ]),
  ...breakagesFor(
    { file: 'server/src/imaging/create-imaging.ts', test: 'server/test/uploads/max-megapixels.test.ts' },
    [
      [
        'a lower MAX_MEGAPIXELS ends the renditions of larger images',
        'source: file, outputs, limits: ofReady }',
        'source: file, outputs, limits: { ...limits, maxPixels } }',
      ],
    ],
  ),
  ...breakagesFor({ file: JPEG_FRAME, test: JPEG_COST }, [
    ['the file of a progressive JPEG is not counted', 'coefficients + fileBytes', 'coefficients'],
    ['each coefficient counts as one byte', 'BYTES_PER_BLOCK = 64 * 2', 'BYTES_PER_BLOCK = 64'],
  ]),
  ...breakagesFor({ file: 'server/src/imaging/inspect/structure/jpeg.ts', test: JPEG_COST }, [
    [
      'only a progressive JPEG has several scans',
      'frame.isProgressive || scan.components.length < frame.components.length',
      'frame.isProgressive',
    ],
    ['a JPEG may have any number of bytes', 'file.sizeBytes > limits.maxJpegBytes', 'file.sizeBytes < 0'],
  ]),
  ...breakagesFor({ file: 'server/src/object-store/signing/mis-signed.ts', test: `${ENDPOINT}/mis-signed.test.ts` }, [
    ['the signed length is not told', "length ?? ''", "''"],
    ['signed values are told without their signature', '.find(isSigned)', '.at(1)'],
    ['a wrong method is not told', 'signedMethod !== method)', "signedMethod === '')"],
  ]),
  ...breakagesFor({ file: 'client/src/upload/store-error.ts', test: 'client/src/upload/store-error.test.ts' }, [
    ['what the store says is not told', 'said && `', "'' && `"],
  ]),
  ...breakagesFor({ file: `${OPERATIONS}/finalize-upload.ts`, test: `${OPERATIONS}/finalize-upload.test.ts` }, [
    [
      'an upload may be larger than its reservation',
      'Math.min(permitted, image.reservedBytes || permitted)',
      'permitted',
    ],
    [
      'a failure without a copy forgets that of a former holder',
      'tried.length > 0 || claim.isSuccessor',
      'tried.length > 0',
    ],
    [
      'a copy that the store did not remove is forgotten',
      '(await discard(services, tried)) && tried.length < 2',
      '(await discard(services, tried), tried.length < 2)',
    ],
    ['the late copy of a former holder is forgotten', 'tried.length < 2 && !isSuccessor', 'tried.length < 2'],
  ]),
  ...breakagesFor({ file: `${OPERATIONS}/store-direct-upload.ts`, test: `${OPERATIONS}/store-direct-upload.test.ts` }, [
    [
      'a request that lost its key takes the record from the new holder',
      "    if (hasLiveClaim(before, now)) throw new AppError('unavailable', 'The upload is still under way; try again');\n",
      '',
    ],
    ['a direct upload leaves what its dead request stored', '    await services.objects.delete(left);\n', ''],
  ]),
  ...breakagesFor({ file: `${OPERATIONS}/claim.ts`, test: `${OPERATIONS}/claim.test.ts` }, [
    [
      'a finalizer that was frozen renews its lapsed lease',
      '!current.claim || hasLapsed(current.claim.leaseUntil, now)',
      '!current.claim',
    ],
  ]),
  ...breakagesFor({ file: `${OPERATIONS}/idempotency.ts`, test: `${OPERATIONS}/idempotency.test.ts` }, [
    [
      'a request that was frozen renews its lapsed lease',
      '!use.leaseUntil || hasLapsed(use.leaseUntil, now)',
      '!use.leaseUntil',
    ],
  ]),
  ...breakagesFor({ file: `${OF_IMAGES}/delete-image.ts`, test: `${OF_IMAGES}/delete-image.test.ts` }, [
    ['DELETE keeps the bytes', 'delete([image.objectKey, incoming])', 'delete([incoming])'],
    ['renditions outlive their image', 'await services.objects.delete(await renditionsOf(services, image));', ''],
  ]),
  ...breakagesFor({ file: `${ENDPOINT}/keep-upload.ts`, test: `${ENDPOINT}/keep-upload.test.ts` }, [
    ['the bytes of a sender that left are removed', 'isFirst && !isAbort(error)', 'isFirst'],
  ]),
];
