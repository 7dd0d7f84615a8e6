import { integer, oneOf, variable } from './variable.ts';

/** Ten years. */
const MAX_TRASH_DAYS = 3_650;

/** How images are verified, read and trashed. */
export const IMAGE_VARIABLES = {
  finalizeOnRead: variable({
    name: 'FINALIZE_ON_READ',
    group: 's3',
    default: '',
    about:
      '`on`: a list first checks whether pending uploads have arrived; or `off`. Unset: on with S3; on disk the service sees every upload.',
    parse: (given) => (given === '' ? null : oneOf('on', 'off')(given) === 'on'),
  }),
  bytes: variable({
    name: 'BYTES',
    group: 's3',
    default: 'stream',
    about: '`stream`: the service sends the bytes; `redirect`: it redirects clients to a presigned URL of the store.',
    parse: oneOf('stream', 'redirect'),
  }),
  workingCopies: variable({
    name: 'WORKING_COPIES',
    group: 'limits',
    default: 'on',
    about:
      '`on`: a large image gets a smaller copy in the store, from which small renditions are made quickly; `off`: none is made or used.',
    parse: (given) => oneOf('on', 'off')(given) === 'on',
  }),
  trashDays: variable({
    name: 'TRASH_DAYS',
    group: 'limits',
    default: '30',
    about:
      'Days until a trashed image is deleted for good, for images trashed from now on; 0: no trash, its routes answer 404.',
    parse: integer(0, MAX_TRASH_DAYS),
  }),
} as const;
