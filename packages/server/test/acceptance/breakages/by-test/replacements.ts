import { caughtBy } from '../breakage.ts';

export const REPLACEMENTS = [
  ...caughtBy('packages/server/test/replacements/replace.test.ts', [
    [
      'a picture that has changed is replaced all the same',
      'replacePicture',
      'picture.sha256 !== upload.replaces.sha256',
      'false',
    ],
    ['a presigned URL of former bytes is answered', 'mayServeObject', 'key === image.objectKey', 'true'],
    ['URLs stay the same with other bytes', 'renditionVersion', 'sha256 === undefined', 'true'],
    ['former renditions stay', 'drop-former-bytes.ts: dropFormerBytes', 'await objects.delete(dropped);', ''],
    ['renditions do not tell of which bytes they are', 'renditionNamePrefix', 'isReplacementKey(original)', 'false'],
    ['all bytes of a minute wait for the last ones', 'formerBytes', 'next ? new Date(next.sinceMs)', 'false ? NEVER'],
    ['former bytes stay for ever', 'lastFormerEndsAt', 'LAST_FORMER_MS', '1e14'],
    [
      'lists by tag and type keep the former type',
      'sqlite/record-writes.ts: createRecordWrites',
      'isOtherType || !before',
      '!before',
    ],
    ['a replacement needs room for an image more', 'askedBy', '? 0 : 1', '? 1 : 1'],
    ['the focal point of the former picture stays', 'withBytesOf', 'focalPoint: null,', ''],
  ]),
  ...caughtBy('packages/server/test/replacements/renditions.test.ts', [
    [
      'a working copy of the former bytes is that of the new ones',
      'storeWorkingCopy',
      ' || current.objectKey !== objectKey',
      '',
    ],
    [
      'the new bytes have the failures of the former ones',
      'makeWorkingCopy',
      'current.objectKey === image.objectKey',
      'true',
    ],
    ['a watermark with other bytes has the former name', 'checkOutMark', 'image.sha256 !== sha256', 'false'],
  ]),
  ...caughtBy('packages/server/test/replacements/steps.ci.test.ts', [
    ['the last former bytes are orphans', 'hasFormerBytes', 'isReplacementKey(image.objectKey)', 'false'],
    ['bytes that wait for their place are orphans', 'waitsForItsPlace', 'upload !== undefined', 'false'],
    [
      'a replacement that nobody carried on for hours is refused',
      'screenHeld',
      'if (waitsToReplace(image)',
      'if (services.clock.now() < image.screening.deadline && waitsToReplace(image)',
    ],
  ]),
  ...caughtBy('packages/server/test/backups/replacements.ci.test.ts', [
    ['the last former bytes go within a backup', 'LAST_FORMER_MS', '86_400_000', '60_000'],
  ]),
];
