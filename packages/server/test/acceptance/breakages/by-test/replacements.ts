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
];
