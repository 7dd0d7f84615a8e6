import { breakagesFor } from '../breakage.ts';

const HELD = 'server/test/gates/held.test.ts';
const FLEET = 'server/test/gates/fleet.test.ts';
const DROP = 'server/test/gates/drop.test.ts';
const PROCESSES = 'server/test/gates/processes.test.ts';
const RESCAN = 'server/test/gates/rescan.test.ts';
const DECISIONS = 'server/test/gates/decisions.test.ts';
const REVIEW = 'server/test/gates/review.test.ts';
const LIFE = 'server/test/gates/held-life.test.ts';
const READERS = 'server/test/gates/readers.test.ts';
const HTTP_GATE = 'server/test/gates/http-gate.test.ts';
const FAIR = 'server/test/gates/fair-places.test.ts';
const CLAMD = 'server/test/gates/clamd.test.ts';
const SCAN = 'server/src/gates/clamd/scan.test.ts';

export const GATES = [
  ...breakagesFor({ file: 'server/src/operations/uploads/finalize-upload.ts', test: HELD }, [
    [
      'the copy of a held image is removed',
      'const kept = decided && isStored(decided) ? decided.objectKey : undefined;',
      "const kept = decided?.status === 'ready' ? decided.objectKey : undefined;",
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/uploads/publish-image.ts', test: HELD }, [
    ['an image is published before its gates have passed', 'if (next !== undefined) {', "if (next === '') {"],
  ]),
  ...breakagesFor({ file: 'server/src/operations/uploads/publish-image.ts', test: DECISIONS }, [
    [
      'a person who refuses while the gate passes the image is not heard',
      'if (refusal) return reject(current, rejectionBy(refusal), at, decisions);',
      '',
    ],
    ['a decision about other bytes counts', 'early(current.decisions, verified.sha256)', 'current.decisions'],
  ]),
  ...breakagesFor({ file: 'server/src/operations/gates/decide-image.ts', test: DECISIONS }, [
    [
      'a decision that contradicts another one is taken',
      'if (before !== undefined) throw alreadyDecided(before, input);',
      '',
    ],
    [
      'a decision about other bytes than the held ones counts',
      'if (sha256 !== decision.sha256) throw otherBytes(sha256, decision);',
      '',
    ],
    [
      'a person at one gate passes the image at all of them',
      'if (next === undefined) return publishScreened(services, image, [decision]);',
      'return publishScreened(services, image, [decision]);',
    ],
    [
      'the bytes of an image that a person refused stay',
      "if (decision && image.status === 'rejected') await waitAtMost(REMOVAL_MS, removeBytes(services, image));",
      '',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/domain/access/policy.ts', test: DECISIONS }, [
    [
      'without AUTH uploaders approve themselves',
      "if (rule.needsCredential && principal.kind === 'open') return 'open';",
      '',
    ],
    [
      'a moderator lists all images',
      "return actsForEveryone(principal) && hasScope(principal, 'images:moderate');",
      'return false;',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/upkeep/postpone.ts', test: LIFE }, [
    [
      'a held image that fails after its deadline is due again at once',
      'return now < deadline && deadline < at ? deadline : at;',
      'return deadline < at ? deadline : at;',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/gates/screen-held.ts', test: LIFE }, [
    [
      'a gate sees bytes of the store that nobody has compared',
      'await using copy = await checkOutOriginal(services, image, signal);',
      "const copy = await services.objects.checkOut(image.objectKey, { maxBytes: 10 ** 9, signal });\n  if (!copy) throw new Error('gone');",
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/upkeep/sweep-screening.ts', test: HELD }, [
    [
      'the bytes of a refused image stay',
      'if (refused) await removeAll(services, [{ image: refused, keys: await objectsOf(services, refused) }]);',
      '',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/upkeep/sweep-screening.ts', test: FAIR }, [
    [
      'images of a payer for whom a gate hangs stay at the head of the due ones',
      'await attempt(services, image, () => putOff(services, image, afterMs));',
      '',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/gates/guard-gate.ts', test: FAIR }, [
    [
      'one payer takes all places at a gate',
      'placesOfOne: Math.max(1, rules.concurrency - 1),',
      'placesOfOne: rules.concurrency,',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/gates/gate-turns.ts', test: FAIR }, [
    [
      'a round of the sweep is spent on a payer for whom a gate hangs',
      'hung ? Math.floor(window.size / 2)',
      'hung ? window.size',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/domain/image/screening.ts', test: DECISIONS }, [
    [
      'passes before the bytes push a refusal out',
      "const going = new Set(all.filter(({ verdict }) => verdict === 'pass').slice(0, Math.max(surplus, 0)));",
      'const going = new Set(all.slice(0, Math.max(surplus, 0)));',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/upkeep/orphans.ts', test: LIFE }, [
    [
      'the walk for orphans removes the bytes of a held image',
      "    case 'held':\n    case 'ready':",
      "    case 'held':\n      return 'ended image';\n    case 'ready':",
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/images/may-serve-object.ts', test: READERS }, [
    [
      'a presigned GET of a held image is answered',
      "(await images.get(stored.imageId))?.status === 'ready';",
      "['ready', 'held'].includes(String((await images.get(stored.imageId))?.status));",
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/gates/ask-gates.ts', test: READERS }, [
    [
      'a scanner that says nothing passes the image',
      "const verdict = 'error' in asked ? verdictOfErrors(gate, failures) : asked;",
      "const verdict = 'error' in asked ? ({ verdict: 'pass' } as const) : asked;",
    ],
  ]),
  ...breakagesFor({ file: 'server/src/gates/http/verdict.ts', test: HTTP_GATE }, [
    [
      'a verdict counts whatever the status of its answer',
      "if (status !== 200) throw noVerdict('the status 200 or 202', String(status));",
      '',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/gates/review-image.ts', test: REVIEW }, [
    [
      'moderators see every image',
      "if (image.status === 'held') return image;",
      "if ('objectKey' in image) return image as HeldImage;",
    ],
    [
      'moderators see an image that was decided while its picture was made',
      '  await readHeld(services, access, id);\n  return made;',
      '  return made;',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/uploads/verify-bytes.ts', test: FLEET }, [
    [
      'a gate of the process that the record does not list is not asked',
      'services.gates.map(({ name }) => name),',
      '[],',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/gates/ask-gates.ts', test: HELD }, [
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
  ...breakagesFor({ file: 'server/src/operations/gates/screen-held.ts', test: HELD }, [
    [
      'a held image waits for ever',
      'if (gate === undefined || services.clock.now() < deadline) return undefined;',
      'if (gate !== null) return undefined;',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/gates/screen-held.ts', test: FLEET }, [
    [
      'the deadline of a gate that nobody has passes the image',
      "isOurs && atDeadline === 'pass'",
      "atDeadline === 'pass'",
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/gates/rescan-image.ts', test: RESCAN }, [
    ['errors of a gate count in a re-scan', 'const UNCOUNTED = Number.NEGATIVE_INFINITY;', 'const UNCOUNTED = 0;'],
    [
      'an image in the trash is not refused by a re-scan',
      "if (current?.status !== 'ready' && current?.status !== 'trashed' && current?.status !== 'held') return undefined;",
      "if (current?.status !== 'ready') return undefined;",
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/gates/rescan-image.ts', test: PROCESSES }, [
    ['presigned URLs of a bucket open an image that a re-scan refused', '  await discard(services, keys);\n', ''],
  ]),
  ...breakagesFor({ file: 'server/src/operations/upkeep/rescan.ts', test: RESCAN }, [
    [
      'a re-scan asks again about what the gate has seen',
      'const unseen = images.filter(({ decisions }) => !hasSeenSince(decisions, gate.name, request.before));',
      'const unseen = images.filter(({ decisions }) => !hasSeenSince(decisions, gate.name, services.clock.now()));',
    ],
    [
      'a re-scan ends though its gate is away',
      'const isGivenUp = walk.failures + 1 >= gate.rules.attempts && (await isThere(gate));',
      'const isGivenUp = walk.failures + 1 >= gate.rules.attempts;',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/gates/request-rescan.ts', test: RESCAN }, [
    [
      'a second request begins the re-scan that runs anew',
      'if (current && !isDone(current) && current.request.before >= before) return current;',
      'if (current && !isDone(current) && current.request.before < before) return current;',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/images/image-objects.ts', test: RESCAN }, [
    [
      'renditions of an image that was served stay though a gate refused it',
      "image.status === 'deleted' || (image.status === 'rejected' && image.rejection.code === 'refused-by-gate');",
      "image.status === 'deleted';",
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/images/may-serve-object.ts', test: RESCAN }, [
    [
      'a presigned GET of an image that a re-scan holds is answered',
      "(await images.get(stored.imageId))?.status === 'ready';",
      "['ready', 'held'].includes(String((await images.get(stored.imageId))?.status));",
    ],
  ]),
  ...breakagesFor({ file: 'server/src/domain/image/hold.ts', test: RESCAN }, [
    [
      'an image that was in the trash is ready after a re-scan',
      'const { heldAt: ___, ...was } = former;\n  return { ...published, ...was };',
      "return { ...published, status: 'ready', maintainAt, renditionFailures: [], links: former.links };",
    ],
  ]),
  ...breakagesFor({ file: 'server/src/domain/image/image.ts', test: RESCAN }, [
    [
      'links that are revoked while their image is held open it again',
      "...(image.status === 'held' && image.former && { former: { ...image.former, links: [] } }),",
      '',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/operations/gates/drop-gate.ts', test: DROP }, [
    [
      'a gate is dropped that the process asks',
      'if (services.gates.some(({ name }) => name === gate)) {',
      'if (services.gates.some(({ name }) => name === null)) {',
    ],
    [
      'the gate that an image waits for has the deadline of a dropped one',
      'return waitForGate(services, left, { since: heldSince(image) });',
      'return waitForGate(services, left, { since: heldSince(image), before: { ...screening, gates } });',
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
  ...breakagesFor({ file: 'server/src/gates/clamd/scan.ts', test: SCAN }, [
    [
      'what clamd did not scan is a virus',
      'if (name === undefined || name.startsWith(UNSCANNED))',
      'if (name === undefined)',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/gates/clamd/exchange.ts', test: SCAN }, [
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
  ...breakagesFor({ file: 'server/src/gates/clamd/clamd-gate.ts', test: CLAMD }, [
    [
      'a daemon with small limits is fit',
      'await requireFound(whole,',
      'if (maxUploadBytes < 0) await requireFound(whole,',
    ],
    [
      'a daemon passes images before it has proven itself',
      'await unlessAborted(prove(), signal);\n      const file',
      'const file',
    ],
  ]),
];
