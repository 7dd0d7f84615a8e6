import { breakages } from './breakage.ts';

export const UNKNOWN_NAMES = breakages([
  ['a form ignores unknown query parameters', 'uploads.openapi.ts: store', ',\n  refusesUnknownNames: true', ''],
  ['a grant ignores unknown query parameters', 'uploads.openapi.ts: create', ',\n  refusesUnknownNames: true', ''],
  ['a batch of grants ignores query parameters', 'grantMany', ',\n  refusesUnknownNames: true', ''],
  ['a form ignores unknown fields', 'receiveForm', "c.get('unknownNames') === 'refused'", 'false'],
  ['earlier clients are refused for unknown fields', 'unknownNamesFor', "'ignored';", "'refused';"],
  ['unknown fields of a grant pass', 'requestGrantBody', 'closedObject', 'z.object'],
  ['unknown fields of a batch of grants pass', 'batchGrantBody', 'closedObject', 'z.object'],
  ['unknown fields of a batch pass', 'batchOfImagesBody', 'closedObject', 'z.object'],
  ['unknown fields of a change pass', 'changeBody', 'closedObject', 'z.object'],
  ['unknown fields of a focal point pass', 'focalPoint', 'closedObject', 'z.object'],
  ['unknown parameters of a render are ignored', 'renderLinkBody', 'closedObject', 'z.object'],
  ['unknown fields of many renders pass', 'renderLinksBody', 'closedObject', 'z.object'],
  ['unknown fields of one of many renders pass', 'renderOfBatch', 'closedObject', 'z.object'],
  ['an unknown field is an error of its object', 'fieldErrors', '[...path, name]', 'path'],
  ['pointers have any length', 'shortened', '> MAX_POINTER_LENGTH', '< 0'],
  ['no name in camelCase is suggested', 'plainly', ".toLowerCase().replaceAll(/[^a-z\\d]/g, '')", ''],
]);

export const CLOSED_UNKNOWN_NAMES = breakages([
  ['every unknown parameter is named', 'validation.ts: requireKnown', '.slice(0, MAX_ERRORS)', ''],
  ['with a credential unknown parameters and bodies are ignored', 'byMethod', 'await refuseUnread(c, operation);', ''],
  [
    'with a credential only strict queries are',
    'refuseUnread',
    'requireParameters',
    'if (operation.refusesUnknownNames) requireParameters',
  ],
  ['unread bodies pass', 'refuseUnread', 'if (!operation.body) await requireNoBody(c);', ''],
  ['{} is a body', 'requireNoBody', "'', NOTHING", "''"],
  ['any short body is none', 'requireNoBody', 'NOTHING]', "NOTHING, '[]']"],
  ['a parameter without a value passes', 'requireParameters', 'false', 'true'],
  [
    'names are compared as they are encoded',
    'query.ts: namesIn',
    'new URLSearchParams(…))',
    "…).split('&').map((one) => one.split('=')).filter(([name]) => name !== '')",
  ],
  ['a credential of POST /images/upload may send anything', 'unknownNamesFor', 'hasCredential(principal) || ', ''],
  ['JSON has the parameters of a grant by query', 'jsonUpload', '{\n  readsOnly(c, changeQuery);', '{'],
]);
