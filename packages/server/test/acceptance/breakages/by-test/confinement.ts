import { caughtBy } from '../breakage.ts';

export const CONFINEMENT = [
  ...caughtBy('packages/server/src/imaging/confinement/plan.test.ts', [
    ['a decoder keeps CAP_DAC_OVERRIDE', 'byKernel', 'CAP_DAC_READ_SEARCH', '1, CAP_DAC_READ_SEARCH'],
    ['a decoder may start any number of threads', 'byKernel', '],\n      [RLIMIT_NPROC, maxThreads()', ''],
    ['namespaces alone limit no threads', 'namespacesOf', ', nproc: maxThreads()', ''],
    ['a decoder may dump its core', 'byKernel', '],\n      [RLIMIT_CORE, 0', ''],
    ['a decoder may execute its outputs', 'TO_WRITE', 'WRITE_FILE', 'EXECUTE | WRITE_FILE'],
    ['a decoder of root keeps all capabilities', 'confine', ');\n  dropCapabilities(', ''],
  ]),
  ...caughtBy('packages/server/src/imaging/confinement/seccomp-filter.test.ts', [
    ['a decoder chooses who may trace it', 'seccomp-filter.ts: CONDITIONS', ', 0x59616d61', ''],
    ['a decoder waits for changes of folders', 'seccomp-filter.ts: CONDITIONS', ', 1026', ''],
    ['a decoder schedules other processes', 'seccomp-filter.ts: CONDITIONS', ': OWN_PROCESS,\n  sched_setparam', ''],
  ]),
];
