import { breakagesOf } from './breakage.ts';

export const UNKNOWN_NAMES = [
  ...breakagesOf('http/uploads/uploads.openapi.ts', [
    ['a form ignores unknown query parameters', 'query: formQuery,\n  refusesUnknownNames: true,', 'query: formQuery,'],
    [
      'a grant ignores unknown query parameters',
      'query: changeQuery,\n  refusesUnknownNames: true,',
      'query: changeQuery,',
    ],
  ]),
  ...breakagesOf('http/uploads/upload-batches.openapi.ts', [
    ['a batch of grants ignores query parameters', "tag: 'images',\n  refusesUnknownNames: true,", "tag: 'images',"],
  ]),
  ...breakagesOf('http/uploads/uploads.ts', [
    ['a form ignores unknown fields', "if (c.get('unknownNames') === 'refused')", 'if (false)'],
  ]),
  ...breakagesOf('http/admission/unread-input.ts', [
    ['earlier clients are refused for unknown fields', "? 'refused' : 'ignored'", "? 'refused' : 'refused'"],
  ]),
  ...breakagesOf('http/uploads/upload-schemas.ts', [
    ['unknown fields of a grant pass', 'grantBody = closedObject({', 'grantBody = z.object({'],
    ['unknown fields of a batch of grants pass', 'batchGrantBody = closedObject({', 'batchGrantBody = z.object({'],
  ]),
  ...breakagesOf('http/images/image-schemas.ts', [
    ['unknown fields of a batch pass', 'batchOfImagesBody = closedObject({', 'batchOfImagesBody = z.object({'],
    ['unknown fields of a change pass', 'changeBody = closedObject({', 'changeBody = z.object({'],
    [
      'unknown fields of a focal point pass',
      'focalPoint = closedObject({ x: fraction, y: fraction },',
      'focalPoint = z.object({ x: fraction, y: fraction },',
    ],
  ]),
  ...breakagesOf('http/renditions/rendition-schemas.ts', [
    ['unknown parameters of a render are ignored', 'renderLinkBody = closedObject({', 'renderLinkBody = z.object({'],
    ['unknown fields of many renders pass', 'renderLinksBody = closedObject({', 'renderLinksBody = z.object({'],
    ['unknown fields of one of many renders pass', 'renderOfBatch = closedObject({', 'renderOfBatch = z.object({'],
  ]),
  ...breakagesOf('http/request/validation.ts', [
    ['an unknown field is an error of its object', 'pointer(source, [...path, name])', 'pointer(source, path)'],
  ]),
  ...breakagesOf('domain/errors.ts', [
    ['pointers have any length', 'pointer.length > MAX_POINTER_LENGTH', 'pointer.length < 0'],
  ]),
  ...breakagesOf('text/similar-name.ts', [
    ['no name in camelCase is suggested', "name.toLowerCase().replaceAll(/[^a-z\\d]/g, '')", 'name'],
  ]),
];

export const CLOSED_UNKNOWN_NAMES = [
  ...breakagesOf('http/request/validation.ts', [
    ['every unknown parameter is named', '.slice(0, MAX_ERRORS);\n  if (unknown', ';\n  if (unknown'],
  ]),
  ...breakagesOf('http/app.ts', [
    ['with a credential unknown parameters and bodies are ignored', 'await refuseUnread(c, operation);', ''],
  ]),
  ...breakagesOf('http/admission/unread-input.ts', [
    [
      'with a credential only strict queries are',
      'requireParameters(c, namesAUser(access)',
      'if (operation.refusesUnknownNames) requireParameters(c, namesAUser(access)',
    ],
    ['unread bodies pass', 'if (!operation.body) await requireNoBody(c);', ''],
    ['{} is a body', "['', NOTHING].includes(", "[''].includes("],
    ['any short body is none', "if (!['', NOTHING].includes(", "if (!['', NOTHING, '[]'].includes("],
  ]),
  ...breakagesOf('http/request/query.ts', [
    ['a parameter without a value passes', 'namesIn(c, { withValue: false })', 'namesIn(c, { withValue: true })'],
    [
      'names are compared as they are encoded',
      'new URLSearchParams(searchOf(c))',
      "searchOf(c).split('&').map((one) => one.split('=')).filter(([name]) => name !== '')",
    ],
  ]),
  ...breakagesOf('http/admission/unread-input.ts', [
    [
      'a credential of POST /images/upload may send anything',
      'hasCredential(principal) || refusesUnknownNames',
      'refusesUnknownNames',
    ],
  ]),
  ...breakagesOf('http/compatibility/compatibility.ts', [
    ['JSON has the parameters of a grant by query', '  readsOnly(c, changeQuery);\n', ''],
  ]),
];
