import { breakagesFor } from '../breakage.ts';

const HELD = 'server/test/gates/held.test.ts';
const FLEET = 'server/test/gates/fleet.test.ts';
const DROP = 'server/test/gates/drop.test.ts';
const CLAMD = 'server/test/gates/clamd.test.ts';
const SCAN = 'server/src/screening/clamd/scan.test.ts';

export const GATES = [
  ...breakagesFor({ file: 'server/src/operations/uploads/finalize-upload.ts', test: HELD }, [
    [
      'the copy of a held image is removed',
      'const kept = decided && isStored(decided) ? decided.objectKey : undefined;',
      "const kept = decided?.status === 'ready' ? decided.objectKey : undefined;",
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/uploads/publish-image.ts', test: HELD }, [
    [
      'an image is published before its gates have passed',
      'if (nextGate(gates, screened.passed) !== undefined) {',
      "if (nextGate(gates, screened.passed) === '') {",
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/uploads/verify-bytes.ts', test: FLEET }, [
    [
      'a gate of the process that the record does not list is not asked',
      'services.gates.map(({ name }) => name),',
      '[],',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/screening/ask-gates.ts', test: HELD }, [
    [
      'an error of a gate passes the image',
      "if (rules.onError === 'hold' || failures < rules.attempts) return undefined;",
      "if (rules.onError === 'hold') return { verdict: 'pass' };",
    ],
    [
      'gates that have passed are asked again',
      'let { passed, failures } = input;',
      'let { failures } = input;\n  let passed: readonly string[] = [];',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/screening/screen-held.ts', test: HELD }, [
    [
      'a held image waits for ever',
      'if (gate === undefined || services.clock.now() < deadline) return undefined;',
      'if (gate !== null) return undefined;',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/screening/screen-held.ts', test: FLEET }, [
    [
      'the deadline of a gate that nobody has passes the image',
      "isOurs && atDeadline === 'pass'",
      "atDeadline === 'pass'",
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/screening/drop-gate.ts', test: DROP }, [
    [
      'a gate is dropped that the process asks',
      'if (services.gates.some(({ name }) => name === gate)) {',
      'if (services.gates.some(({ name }) => name === null)) {',
    ],
    [
      'the gate that an image waits for has the deadline of a dropped one',
      'return waitForGate(services, left, { since: uploadedAt });',
      'return waitForGate(services, left, { since: uploadedAt, before: { ...screening, gates } });',
    ],
    [
      'pending uploads still need a dropped gate',
      "if (image.status === 'pending') return image.gates.includes(gate) ? dropGate(image, gate, at) : undefined;",
      "if (image.status === 'pending') return undefined;",
    ],
  ]),
  ...breakagesFor({ file: 'server/src/domain/usage/usage.ts', test: HELD }, [
    [
      'held images do not count',
      'if (!isStored(image)) return NO_USAGE;',
      "if (!isStored(image) || image.status === 'held') return NO_USAGE;",
    ],
  ]),
  ...breakagesFor({ file: 'server/src/http/images/image-json.ts', test: HELD }, [
    ['the key of a held image is told', 's3_key: published?.objectKey ?? null,', 's3_key: stored?.objectKey ?? null,'],
    ['the placeholder of a held image is told', 'published?.placeholder ?? null', 'stored?.placeholder ?? null'],
  ]),
  ...breakagesFor({ file: 'server/src/screening/clamd/scan.ts', test: SCAN }, [
    [
      'what clamd did not scan is a virus',
      'if (name === undefined || name.startsWith(UNSCANNED))',
      'if (name === undefined)',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/screening/clamd/exchange.ts', test: SCAN }, [
    [
      'an answer before the whole file counts',
      "if (sending.status === 'rejected' && !answer.value.endsWith('ERROR')) throw early(sending.reason);",
      '',
    ],
    [
      'an answer of clamd that is cut off counts',
      "throw new CutOff('expected an answer that ends with NUL; got one that is cut off');",
      "return Buffer.concat(chunks).toString('utf8');",
    ],
  ]),
  ...breakagesFor({ file: 'server/src/screening/clamd/clamd-gate.ts', test: CLAMD }, [
    [
      'a daemon with small limits is fit',
      'await requireFound(whole,',
      'if (maxUploadBytes < 0) await requireFound(whole,',
    ],
    [
      'a daemon passes images before it has proven itself',
      'await unlessAborted(prove(), signal);\n      const { found }',
      'const { found }',
    ],
  ]),
];
