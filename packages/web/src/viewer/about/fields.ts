import type { Image, ImageChanges } from '@safelight/client';
import { clockTime } from '../../ui/formats.ts';
import { descriptionFault, normalizedTag, tagFault, tagsFault } from './limits.ts';
import { type MetadataRow, metadataOf, rowsFault, rowsOf } from './metadata-rows.ts';

/** A field of an image, in the form in which somebody edits it. */
export interface Field<Form> {
  /** In sentences, such as "the description". */
  readonly name: string;
  /** `own`: what is on the screen. */
  formOf(image: Image, own?: Form): Form;
  /** What `images.update` is to change. Of a form without a fault. */
  changesOf(form: Form): ImageChanges;
  /** Why it can't be saved yet, for people. */
  faultOf(form: Form): string | undefined;
  /** The value in words, to be compared with somebody else's. */
  textOf(form: Form): string;
}

/** `text` is a tag that is still being typed. */
export interface TagsForm {
  readonly tags: readonly string[];
  readonly text: string;
}

/** As inputs of dates and times have them; '' isn't one yet. */
export interface TakenForm {
  readonly hasDate: boolean;
  /** `2019-05-04`. */
  readonly date: string;
  /** `10:00:00`. */
  readonly time: string;
}

/** In percent from the left and the top. */
export interface FocalForm {
  readonly hasPoint: boolean;
  readonly x: string;
  readonly y: string;
}

const NOTHING = 'nothing';

/** With the tag that is being typed. */
export const allTags = ({ tags, text }: TagsForm): readonly string[] =>
  [...new Set([...tags, normalizedTag(text)])].filter((tag) => tag !== '');

export const TAGS: Field<TagsForm> = {
  name: 'the tags',
  formOf: ({ tags }) => ({ tags, text: '' }),
  changesOf: (form) => ({ tags: allTags(form) }),
  faultOf: (form) => tagFault(form.text) ?? tagsFault(allTags(form)),
  textOf: (form) => allTags(form).join(', ') || NOTHING,
};

export const DESCRIPTION: Field<string> = {
  name: 'the description',
  formOf: ({ description }) => description ?? '',
  changesOf: (text) => ({ description: text === '' ? null : text }),
  faultOf: descriptionFault,
  textOf: (text) => text || NOTHING,
};

export const TAKEN: Field<TakenForm> = {
  name: 'the date',
  formOf({ facts }) {
    const [date = '', time = ''] = facts?.taken_at?.split('T') ?? [];
    return { hasDate: date !== '', date, time: withoutNoFraction(time) };
  },
  changesOf: ({ hasDate, date, time }) => ({ taken_at: hasDate ? `${date}T${withSeconds(time)}` : null }),
  faultOf({ hasDate, date, time }) {
    if (!hasDate) return undefined;
    if (date === '') return 'Type a whole date, or choose “No date”.';
    return time === '' ? 'Type a whole time, such as 00:00.' : undefined;
  },
  textOf: ({ hasDate, date, time }) => (hasDate ? clockTime(`${date}T${withSeconds(time)}`) : 'no date'),
};

/** `10:00:00`, of `10:00:00.000`. */
const withoutNoFraction = (time: string): string => time.replace(/\.0+$/, '');

/** Inputs leave out seconds that are 0. */
const withSeconds = (time: string): string => (time.length === '10:00'.length ? `${time}:00` : time);

const PERCENT = /^\d{1,3}(?:\.\d{1,2})?$/;
const isPercent = (text: string): boolean => PERCENT.test(text) && Number(text) <= 100;

export const FOCAL_POINT: Field<FocalForm> = {
  name: 'the focal point',
  formOf({ focal_point: point }) {
    return point ? pointForm(point.x, point.y) : { hasPoint: false, x: '50', y: '50' };
  },
  changesOf: ({ hasPoint, x, y }) => ({ focal_point: hasPoint ? { x: Number(x) / 100, y: Number(y) / 100 } : null }),
  faultOf: ({ hasPoint, x, y }) =>
    !hasPoint || (isPercent(x) && isPercent(y)) ? undefined : 'Type numbers from 0 to 100.',
  textOf: ({ hasPoint, x, y }) => (hasPoint ? `${x} % from the left, ${y} % from the top` : 'the center'),
};

/** `x` and `y`: from 0 to 1; beyond that they are at the edge. */
export function pointForm(x: number, y: number): FocalForm {
  const percent = (part: number): string => String(Math.round(Math.min(1, Math.max(0, part)) * 10_000) / 100);
  return { hasPoint: true, x: percent(x), y: percent(y) };
}

export const VISIBILITY: Field<Image['visibility']> = {
  name: 'the visibility',
  formOf: ({ visibility }) => visibility,
  changesOf: (visibility) => ({ visibility }),
  faultOf: () => undefined,
  textOf: (visibility) => visibility,
};

export const METADATA: Field<readonly MetadataRow[]> = {
  name: 'the metadata',
  formOf: ({ metadata }, own) => rowsOf(metadata, own),
  changesOf: (rows) => ({ metadata: metadataOf(rows) }),
  faultOf: rowsFault,
  textOf: (rows) => rows.map(({ name, text }) => `${name}: ${text}`).join('\n') || NOTHING,
};
