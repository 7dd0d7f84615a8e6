import { existsSync } from 'node:fs';

const LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';

/** The reason to skip, or false. */
export const NO_FAKE_TIME =
  existsSync(LIBRARY) || process.env['CI']
    ? false
    : `a process whose clock is wrong is not started without ${LIBRARY}: apt-get install faketime`;

/** The environment of a process whose date is shifted by `jump`, such as `+10m`; its waits are unchanged. */
export const fakeTime = (jump: string): Record<string, string> => ({
  LD_PRELOAD: LIBRARY,
  FAKETIME: jump,
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
});

/** The environment of a process with the jump that `file` contains at each moment. */
export const fakeTimeIn = (file: string): Record<string, string> => ({
  LD_PRELOAD: LIBRARY,
  FAKETIME_TIMESTAMP_FILE: file,
  FAKETIME_NO_CACHE: '1',
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
});
