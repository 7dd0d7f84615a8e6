import { breakagesFor } from '../breakage.ts';

export const OUTBOUND = [
  ...breakagesFor({ file: 'server/src/outbound/judge.ts', test: 'server/src/outbound/judge.test.ts' }, [
    ['requests may go to an IPv4-mapped address', 'isIpv4Mapped(address) ? undefined : ', ''],
    ['requests may go to ISATAP', ' && !isIsatap(ip)', ''],
    ['requests may go to an IPv4-compatible address', 'ip.match(GLOBAL_UNICAST) && ', ''],
    ["requests may go to Azure's agent", ' || address === AZURE_AGENT', ''],
    ['an allowed network is open on every port', " && (rule.port === 'any' || rule.port === port)", ''],
    ['requests may go to the internet by http', "protocol === 'https:' && port === HTTPS_PORT", 'port === HTTPS_PORT'],
  ]),
  ...breakagesFor({ file: 'server/src/outbound/dial.ts', test: 'server/test/outbound/addresses.test.ts' }, [
    [
      'a name is looked up again when it is dialled',
      'host, port, lookup, autoSelectFamily',
      'host, port, autoSelectFamily',
    ],
    ['the environment switches off verification of TLS', '  rejectUnauthorized: true,\n', ''],
    [
      'addresses in URLs are not judged',
      'verdict: judge({ ...peer, address })',
      "verdict: isIP(peer.hostname) ? 'permitted' : judge({ ...peer, address })",
    ],
  ]),
  ...breakagesFor({ file: 'server/src/outbound/look-up.ts', test: 'server/test/outbound/addresses.test.ts' }, [
    ['attempts at a slow name stall all names', 'pending.get(hostname) ?? inTurn(hostname)', 'inTurn(hostname)'],
  ]),
  ...breakagesFor({ file: 'server/src/outbound/dial.ts', test: 'server/src/outbound/dial.test.ts' }, [
    [
      'a connection without a route ends the process',
      'process.nextTick(answer, null, [...permitted])',
      'answer(null, [...permitted])',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/outbound/look-up.ts', test: 'server/src/outbound/look-up.test.ts' }, [
    ['suspect names take all places', 'suspect: 1,', 'suspect: places,'],
    ['unknown names take the last place', 'unproven < places - 1', 'unproven < places'],
    ['after an outage found names wait behind dead ones', '?.wasProven ? 2 : 3', '?.wasProven ? 3 : 3'],
    ['look-ups that nobody awaits are begun', 'waiting.delete(hostname);\n      pending', 'pending'],
    [
      'a failure is remembered for ever',
      "if (standing?.is === 'suspect' && elapsedMs() >= standing.untilMs) return 'unknown';",
      '',
    ],
  ]),
  ...breakagesFor({ file: 'server/src/outbound/receive-answer.ts', test: 'server/src/outbound/outbound.test.ts' }, [
    ['a redirect is an answer', 'status >= 300 && status < 400', 'status === 300'],
    ['a compressed answer is taken by another name', "encoding.toLowerCase() !== 'identity'", "encoding === 'gzip'"],
    ['an answer of 101 headers is taken', '2 * MAX_HEADERS', '3 * MAX_HEADERS'],
  ]),
  ...breakagesFor({ file: 'server/src/outbound/outbound.ts', test: 'server/src/outbound/outbound.test.ts' }, [
    ['a request names another host than its URL', 'inLowerCase(headers), host, ', 'inLowerCase(headers), '],
    ['the end of the client leaves requests alone', '[closing.signal, ', '['],
  ]),
];
