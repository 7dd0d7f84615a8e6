import { join } from 'node:path';

/** The committed templates, by the name of their stack, in the order of deployment. */
export const TEMPLATES = ['data', 'service', 'backup'] as const;
export type TemplateName = (typeof TEMPLATES)[number];

export const templateFile = (name: TemplateName): string => join(import.meta.dirname, `${name}.template.json`);

const WIDTH = 120;

/**
 * JSON with each part on one line that fits. A template of more than 51,200 bytes can't be passed in a request, and
 * with a line for each reference half of a template is indentation.
 */
export function templateText(value: unknown, indent = '', before = 0): string {
  const line = JSON.stringify(value);
  const isEmptyOrPlain = typeof value !== 'object' || value === null || Object.keys(value).length === 0;
  if (isEmptyOrPlain || (indent !== '' && before + indent.length + line.length < WIDTH)) return line;
  const inner = `${indent} `;
  const parts = Array.isArray(value)
    ? value.map((one) => `${inner}${templateText(one, inner)}`)
    : Object.entries(value).map(([name, one]) => {
        const key = `${JSON.stringify(name)}: `;
        return `${inner}${key}${templateText(one, inner, key.length)}`;
      });
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return `${open}\n${parts.join(',\n')}\n${indent}${close}`;
}
