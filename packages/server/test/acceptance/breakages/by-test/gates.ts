import { caughtBy } from '../breakage.ts';

export const GATES = [
  ...caughtBy('packages/server/test/gates/held.test.ts', [
    [
      'the copy of a held image is removed',
      'finalize-upload.ts: decide',
      ' && isStored(decided)',
      "?.status === 'ready'",
    ],
    ['an image is published before its gates have passed', 'publishImage', '!== undefined', "=== ''"],
    ['the bytes of a refused image stay', 'createAsking', 'if (refused) …;', ''],
    [
      'an error of a gate passes the image',
      'verdictOfErrors',
      ' || failures …undefined',
      ") return { verdict: 'pass' }",
    ],
    [
      'gates that have passed are asked again',
      'askGates',
      'passed, failures } = input',
      'failures } = input;\n  let passed: readonly string[] = []',
    ],
    ['a held image waits for ever', 'endWait', '=== undefined …now() < deadline', '!== null'],
    ['held images do not count', 'domain/usage/usage.ts: usageOf', '(image)', "(image) || image.status === 'held'"],
    ['the key of a held image is told', 'imageJson', '(published?.objectKey', '(stored?.objectKey'],
    ['the placeholder of a held image is told', 'imageJson.placeholder', 'published', 'stored'],
  ]),
  ...caughtBy('packages/server/test/gates/decisions.test.ts', [
    ['a person who refuses while the gate passes the image is not heard', 'publishImage', 'if (refusal) …;', ''],
    ['a decision about other bytes counts', 'publishImage', 'early(current…)', 'current.decisions'],
    ['a decision that contradicts another one is taken', 'decideAs', 'if (before !== …;', ''],
    ['a decision about other bytes than the held ones counts', 'writeHeld', 'if (sha256 !== …;', ''],
    ['a person at one gate passes the image at all of them', 'writeHeld', 'if (next === undefined) ', ''],
    ['the bytes of an image that a person refused stay', 'decideAs', 'if (decision …;', ''],
    ['without AUTH uploaders approve themselves', 'policy.ts: refusalOf', 'if (rule.needsCredential …;', ''],
    ['a moderator lists all images', 'listsHeldOnly', "actsForEveryone…')", 'false'],
    ['passes before the bytes push a refusal out', 'withDecisions', "filter(({ verdict }) => verdict === 'pass').", ''],
  ]),
  ...caughtBy('packages/server/test/gates/held-life.test.ts', [
    ['a held image that fails after its deadline is due again at once', 'askLater', 'now < deadline && ', ''],
    [
      'a gate sees bytes of the store that nobody has compared',
      'screen',
      'await using …)',
      "const copy = await services.objects.checkOut(image.objectKey, { maxBytes: 10 ** 9, signal });\n  if (!copy) throw new Error('gone')",
    ],
    [
      'the walk for orphans removes the bytes of a held image',
      'orphanOf',
      "'held':",
      "'held':\n      return 'ended image';",
    ],
  ]),
  ...caughtBy('packages/server/test/gates/fair-places.ci.test.ts', [
    ['images of a payer for whom a gate hangs stay at the head of the due ones', 'createAsking', 'await attempt…;', ''],
    [
      'a round of the sweep is spent on a payer for whom a gate hangs',
      'createGateTurns',
      'Math.floor(window.size / 2)',
      'window.size',
    ],
  ]),
  ...caughtBy('packages/server/src/gates/guard-gate.test.ts', [
    ['one payer takes all places at a gate', 'guardGate', 'Math.max(1, rules.concurrency - 1)', 'rules.concurrency'],
  ]),
  ...caughtBy('packages/server/test/gates/readers.ci.test.ts', [
    [
      'a presigned GET of a held image is answered',
      'mayServeObject',
      "image?.status === 'ready'",
      "['ready', 'held'].includes(String(image?.status))",
    ],
    ['a scanner that says nothing passes the image', 'askGates', 'verdictOfErrors…)', "({ verdict: 'pass' } as const)"],
  ]),
  ...caughtBy('packages/server/test/gates/http-gate.test.ts', [
    ['a verdict counts whatever the status of its answer', 'verdictIn', 'if (status !== …;', ''],
  ]),
  ...caughtBy('packages/server/test/gates/review.test.ts', [
    [
      'moderators see every image',
      'readHeld',
      "if (image.status !== 'held')…;",
      "if (image.status !== 'held') return image as HeldImage;",
    ],
    [
      'moderators see an image that was decided while its picture was made',
      'reviewHeld',
      '  await read();\n  return made;',
      '  return made;',
    ],
  ]),
  ...caughtBy('packages/server/test/gates/fleet.test.ts', [
    [
      'a gate of the process that the record does not list is not asked',
      'verifyBytes',
      'services.gates.map(({ name }) => name)',
      '[]',
    ],
    ['the deadline of a gate that nobody has passes the image', 'endWait', 'isOurs && ', ''],
  ]),
  ...caughtBy('packages/server/test/gates/rescan.test.ts', [
    ['errors of a gate count in a re-scan', 'UNCOUNTED', 'Number.NEGATIVE_INFINITY', '0'],
    [
      'an image in the trash is not refused by a re-scan',
      'rescan-image.ts: refuse',
      "' && current?.status !== 'trashed…held",
      '',
    ],
    ['a re-scan asks again about what the gate has seen', 'nextWalk', 'request.before', 'services.clock.now()'],
    ['a re-scan ends though its gate is away', 'nextWalk', ' && (await isThere(gate))', ''],
    ['a second request begins the re-scan that runs anew', 'requestRescan', '>= before', '< before'],
    [
      'renditions of an image that was served stay though a gate refused it',
      'mayHaveRenditions',
      ' || (image.status …)',
      '',
    ],
    [
      'a presigned GET of an image that a re-scan holds is answered',
      'mayServeObject',
      "image?.status === 'ready'",
      "['ready', 'held'].includes(String(image?.status))",
    ],
    [
      'an image that was in the trash is ready after a re-scan',
      'publishHeld',
      'const { heldAt…published, ...was',
      "return { ...published, status: 'ready', maintainAt, renditionFailures: [], links: former.links",
    ],
    [
      'links that are revoked while their image is held open it again',
      'withoutSignedUrls',
      "...(image.status === 'held' …),",
      '',
    ],
  ]),
  ...caughtBy('packages/server/test/gates/processes.ci.test.ts', [
    [
      'presigned URLs of a bucket open an image that a re-scan refused',
      'rescan-image.ts: refuse',
      ');\n  await discard(services, keys',
      '',
    ],
  ]),
  ...caughtBy('packages/server/test/gates/drop.test.ts', [
    ['a gate is dropped that the process asks', 'dropGateOfPage', 'name === gate)', 'name === null)'],
    [
      'the gate that an image waits for has the deadline of a dropped one',
      'screeningWithout',
      '(image)',
      '(image), before: { ...screening, gates }',
    ],
    ['pending uploads still need a dropped gate', 'withoutGate', 'image.gates.…: ', ''],
  ]),
  ...caughtBy('packages/server/src/gates/clamd/scan.test.ts', [
    ['what clamd did not scan is a virus', 'scan.ts: resultOf', ' || name.startsWith(UNSCANNED)', ''],
    ['an answer before the whole file counts', 'clamd/exchange.ts: exchange', 'if (sending.…;', ''],
    [
      'an answer of clamd that is cut off counts',
      'exchange.ts: answerOf',
      'throw new CutOff…)',
      "return Buffer.concat(chunks).toString('utf8')",
    ],
  ]),
  ...caughtBy('packages/server/test/gates/clamd.ci.test.ts', [
    [
      'a daemon with small limits is fit',
      'createClamdGate',
      'await requireFound(whole',
      'if (maxUploadBytes < 0) await requireFound(whole',
    ],
    [
      'a daemon passes images before it has proven itself',
      'createClamdGate',
      'await unlessAborted(prove(), signal);\n      const file',
      'const file',
    ],
  ]),
];
