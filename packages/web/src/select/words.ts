import { numberText, sizeText } from '../ui/formats.ts';

/** "1 picture", "1,204 pictures". */
export const picturesText = (count: number): string => (count === 1 ? '1 picture' : `${numberText(count)} pictures`);

/** ", 1.2 GB"; nothing where no sizes are told. */
export const sizeOf = (bytes: number): string => (bytes > 0 ? `, ${sizeText(bytes)}` : '');
