import { breakagesOf } from './breakage.ts';

export const FIELDS = [
  ...breakagesOf('http/images/images.ts', [
    ['fields are ignored', 'asked.fields ? textOfFields', 'asked.fields?.[99] ? textOfFields'],
    [
      'a page is bounded by what is left out',
      'Buffer.byteLength(textOf(image, viewNow()))',
      'Buffer.byteLength(imageText(image, viewNow()))',
    ],
    [
      'Link forgets the fields',
      "url.searchParams.set('cursor', cursor);",
      "url.searchParams.delete('fields');\n  url.searchParams.set('cursor', cursor);",
    ],
  ]),
  ...breakagesOf('http/images/image-json.ts', [
    ['fields lose the id', "new Set(['image_id', ...fields])", 'new Set(fields)'],
    ['of several fields one is sent', "new Set(['image_id', ...fields])", "new Set(['image_id', fields[0]])"],
    [
      'a list with fields spoils whole lists',
      'return JSON.stringify(Object.fromEntries(all.filter(([name]) => chosen.has(name))));',
      'const text = JSON.stringify(Object.fromEntries(all.filter(([name]) => chosen.has(name))));\n    view.texts.set(image, text);\n    return text;',
    ],
    [
      'a list with fields answers what a whole one remembers',
      'const all = Object.entries(imageJson(image, needed));',
      'const known = view.texts.get(image);\n    if (known !== undefined) return known;\n    const all = Object.entries(imageJson(image, needed));',
    ],
    ['renditions in fields have no URLs', "chosen.has('renditions') ? view :", 'fields.length > 99 ? view :'],
    ['the revision is constant', 'revision: image.revision,', 'revision: 1,'],
    ['the JSON has no focal point', 'focal_point: image.focalPoint,', 'focal_point: null,'],
  ]),
  ...breakagesOf('http/images/image-schemas.ts', [
    ['unknown fields pass', 'FIELDS.includes(name)', 'name.length > 0'],
    ['repeated fields pass', 'names.indexOf(name) < index', 'names.indexOf(name) < 0'],
    ['fields may be of any length', 'MAX_FIELDS_LENGTH = 512', 'MAX_FIELDS_LENGTH = 5_120'],
    ['no similar field is suggested', 'didYouMean(name, FIELDS)', "''"],
    ['a focal point may be negative', ".min(0, got('expected a number from 0 to 1'))", ''],
    ['a focal point may lie beyond the picture', ".max(1, got('expected a number from 0 to 1'))", ''],
  ]),
  ...breakagesOf('http/images/metadata.ts', [
    ['PATCH ignores the focal point', '...(focal_point !== undefined && { focalPoint: focal_point }),', ''],
    ['PATCH can not clear a focal point', '...(focal_point !== undefined &&', '...(focal_point != null &&'],
    [
      'PATCH clears a focal point that is left out',
      '...(focal_point !== undefined && { focalPoint: focal_point }),',
      'focalPoint: focal_point ?? null,',
    ],
  ]),
  ...breakagesOf('domain/image/focal-point.ts', [
    ['a focal point has any number of decimals', 'Math.round(fraction * STEPS) / STEPS', 'fraction'],
  ]),
  ...breakagesOf('domain/image/image.ts', [
    ['publishing loses the focal point', 'focalPoint: image.focalPoint,', 'focalPoint: null,'],
  ]),
  ...breakagesOf('records/images/image-fields.ts', [
    [
      'the focal point is not stored',
      'focalPoint: textOf(storedFocalPoint, focalPointJson).or(null),',
      'focalPoint: { ...textOf(storedFocalPoint, focalPointJson).or(null), writers: () => ({}) },',
    ],
  ]),
  ...breakagesOf('domain/rendition/plan-rendition.ts', [
    [
      'position=focal is the centre',
      "transform.position === 'focal' ? focalPosition(source, crop, transform)",
      "transform.position === 'focal' ? CENTRE",
    ],
    ['every position is the focal point', "transform.position === 'focal' ?", "transform.fit === 'cover' ?"],
  ]),
  ...breakagesOf('domain/rendition/focal-position.ts', [
    [
      'a focal point does not move with the crop',
      'crop === null ? source.focalPoint :',
      'crop !== undefined ? source.focalPoint :',
    ],
    ['a focal point does not rotate', 'FLIPPED[flip](ROTATED[rotate](cropped))', 'FLIPPED[flip](cropped)'],
    ['a focal point is not mirrored', 'FLIPPED[flip](ROTATED[rotate](cropped))', 'ROTATED[rotate](cropped)'],
    [
      'without a focal point the corner is kept',
      'CENTRE: FocalPoint = { x: 0.5, y: 0.5 }',
      'CENTRE: FocalPoint = { x: 0, y: 0 }',
    ],
  ]),
  ...breakagesOf('domain/rendition/transform-contradictions.ts', [
    [
      'position=focal needs no fit',
      "if (typeof position === 'string')\n",
      "if (position === 'focal') return undefined;\n    if (typeof position === 'string')\n",
    ],
  ]),
  ...breakagesOf('http/renditions/renders.ts', [
    [
      'a picture around the focal point is not revalidated',
      "position === 'focal' ? { ...untilExpiry, maxAgeSeconds: 0 } :",
      '',
    ],
  ]),
];
