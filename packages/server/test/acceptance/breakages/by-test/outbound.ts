import { caughtBy } from '../breakage.ts';

export const OUTBOUND = [
  ...caughtBy('packages/server/src/outbound/judge.test.ts', [
    ['requests may go to an IPv4-mapped address', 'createJudge', '= isIpv4Mapped(address) ? undefined :', '='],
    ['requests may go to ISATAP', 'isPublic', ') && !isIsatap(ip', ''],
    ['requests may go to an IPv4-compatible address', 'isPublic', 'ip.match(GLOBAL_UNICAST) && !', '!'],
    ["requests may go to Azure's agent", 'isPublic', ' || address === AZURE_AGENT', ''],
    ['an allowed network is open on every port', 'createJudge', ') && (rule.port …rule.port === port', ''],
    ['requests may go to the internet by http', 'createJudge', "protocol === 'https:' && port", 'port'],
  ]),
  ...caughtBy('packages/server/test/outbound/addresses.ci.test.ts', [
    ['a name is looked up again when it is dialled', 'connected', ', lookup', ''],
    ['the environment switches off verification of TLS', 'tlsTerms', ',\n  rejectUnauthorized: true', ''],
    ['addresses in URLs are not judged', 'dial', ': judge', ": isIP(peer.hostname) ? 'permitted' : judge"],
    ['attempts at a slow name stall all names', 'createLookUp', '= pending.get(hostname) ??', '='],
  ]),
  ...caughtBy('packages/server/src/outbound/dial.test.ts', [
    [
      'a connection that nobody uses yet ends the process',
      'dial.ts: surviving',
      "socket.on('error', () => undefined)",
      'socket',
    ],
  ]),
  ...caughtBy('packages/server/src/outbound/look-up.test.ts', [
    ['suspect names take all places', 'createLookUp', '1, unknown', 'places, unknown'],
    ['unknown names take the last place', 'createLookUp', '< places - 1', '< places'],
    ['after an outage found names wait behind dead ones', 'createLookUp', '2 :', '3 :'],
    ['look-ups that nobody awaits are begun', 'createLookUp', 'return;\n      waiting.delete(hostname)', 'return'],
    ['a failure is remembered for ever', 'createLookUp', "if (standing?.is === 'suspect' …;", ''],
  ]),
  ...caughtBy('packages/server/src/outbound/outbound.test.ts', [
    ['a redirect is an answer', 'receiveAnswer', '>= 300 && status < 400', '=== 300'],
    [
      'a compressed answer is taken by another name',
      'requireUncompressed',
      ".toLowerCase() !== 'identity'",
      " === 'gzip'",
    ],
    ['an answer of 101 headers is taken', 'headersIn', 'length > 2', 'length > 3'],
    ['a request names another host than its URL', 'createOutbound', '), host', ')'],
    ['the end of the client leaves requests alone', 'createOutbound', 'closing, ...', '...'],
  ]),
];
