import { essence } from '../../domain/image/media-type.ts';
import type { RouteContext } from '../route.ts';
import { header } from './header.ts';

/** The media type of the body, without parameters; empty if the request declares none. */
export const contentTypeOf = (c: RouteContext): string => essence(header(c, 'content-type') ?? '');

export const FORM = 'multipart/form-data';

export const isJson = (type: string): boolean => type === 'application/json' || type.endsWith('+json');
