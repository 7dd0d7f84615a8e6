import { caughtBy } from '../breakage.ts';

export const UPLOADS = [
  ...caughtBy('packages/server/test/uploads/max-megapixels.test.ts', [
    ['decoders ignore MAX_MEGAPIXELS', 'openDecoders', ',\n    maxPixels', ''],
    [
      'a lower MAX_MEGAPIXELS ends the renditions of larger images',
      'createImaging',
      ': ofReady',
      ': { ...limits, maxPixels }',
    ],
  ]),
  ...caughtBy('packages/server/src/imaging/inspect/structure/jpeg-cost.test.ts', [
    ['the file of a progressive JPEG is not counted', 'refuseCoefficients', ' + fileBytes', ''],
    ['each coefficient counts as one byte', 'BYTES_PER_BLOCK', '64 * 2', '64'],
    ['only a progressive JPEG has several scans', 'readScanSegment', ' || scan.components…components.length', ''],
    ['a JPEG may have any number of bytes', 'refuseJpeg', '> limits.maxJpegBytes', '< 0'],
  ]),
  ...caughtBy('packages/server/src/object-store/endpoint/mis-signed.test.ts', [
    ['the signed length is not told', 'candidates', ', length ??', ','],
    ['signed values are told without their signature', 'mis-signed.ts: misSigned', 'find(isSigned)', 'at(1)'],
    ['a wrong method is not told', 'mis-signed.ts: misSigned', '!== method', "=== ''"],
  ]),
  ...caughtBy('packages/client/src/upload/store-error.test.ts', [
    ['what the store says is not told', 'store-error.ts: storeError', 'said &&', "'' &&"],
  ]),
  ...caughtBy('packages/server/src/operations/uploads/finalize-upload.test.ts', [
    ['an upload may be larger than its reservation', 'finalize-upload.ts: lookAt', 'Math.min(permitted…)', 'permitted'],
    [
      'a failure without a copy forgets that of a former holder',
      'finalize-upload.ts: decide',
      '0 || claim.isSuccessor',
      '0',
    ],
    [
      'a copy that the store did not remove is forgotten',
      'discardForGood',
      ') && tried.length < 2',
      ', tried.length < 2)',
    ],
    ['the late copy of a former holder is forgotten', 'discardForGood', '2 && !isSuccessor', '2'],
  ]),
  ...caughtBy('packages/server/src/operations/uploads/store-direct-upload.test.ts', [
    [
      'a request that lost its key takes the record from the new holder',
      'store-verified.ts: begin',
      '.\n    if (hasLiveClaim…);',
      '.',
    ],
    ['a direct upload leaves what its dead request stored', 'store-verified.ts: begin', ';\n    await services…)', ''],
  ]),
  ...caughtBy('packages/server/src/operations/uploads/claim.test.ts', [
    ['a finalizer that was frozen renews its lapsed lease', 'holdClaim', ' || hasLapsed…)', ''],
  ]),
  ...caughtBy('packages/server/src/operations/uploads/idempotency.test.ts', [
    ['a request that was frozen renews its lapsed lease', 'runHolding', ' || hasLapsed(use.leaseUntil, now)', ''],
  ]),
  ...caughtBy('packages/server/src/operations/images/delete-image.test.ts', [
    ['DELETE keeps the bytes', 'delete-image.ts: removeBytes', 'image.objectKey, ', ''],
    ['renditions outlive their image', 'delete-image.ts: removeBytes', 'await services.objects.delete(await …;', ''],
  ]),
  ...caughtBy('packages/server/src/object-store/endpoint/keep-upload.test.ts', [
    ['the bytes of a sender that left are removed', 'keepUpload', ' && !isAbort(error)', ''],
  ]),
];
