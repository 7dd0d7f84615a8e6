import { breakagesFor } from '../breakage.ts';

const FOLDER = 'server/src/imaging/confinement';

export const CONFINEMENT = [
  ...breakagesFor({ file: `${FOLDER}/plan.ts`, test: `${FOLDER}/plan.test.ts` }, [
    [
      'a decoder keeps CAP_DAC_OVERRIDE',
      'keptCapabilities: [CAP_DAC_READ_SEARCH]',
      'keptCapabilities: [1, CAP_DAC_READ_SEARCH]',
    ],
    ['a decoder may start any number of threads', '      [RLIMIT_NPROC, maxThreads()],\n', ''],
    ['namespaces alone limit no threads', ', core: 0, nproc: maxThreads() }', ', core: 0 }'],
    ['a decoder may dump its core', '      [RLIMIT_CORE, 0],\n', ''],
    [
      'a decoder may execute its outputs',
      'const TO_WRITE = WRITE_FILE | TRUNCATE',
      'const TO_WRITE = EXECUTE | WRITE_FILE | TRUNCATE',
    ],
  ]),
  ...breakagesFor({ file: `${FOLDER}/launcher.js`, test: `${FOLDER}/plan.test.ts` }, [
    ['a decoder of root keeps all capabilities', '  dropCapabilities();\n', ''],
  ]),
  ...breakagesFor({ file: `${FOLDER}/seccomp-filter.ts`, test: `${FOLDER}/seccomp-filter.test.ts` }, [
    ['a decoder chooses who may trace it', 'denied: [1, 35, 0x59616d61]', 'denied: [1, 35]'],
    ['a decoder waits for changes of folders', '1024, 1026]', '1024]'],
    ['a decoder schedules other processes', '  sched_setparam: OWN_PROCESS,\n', ''],
  ]),
];
