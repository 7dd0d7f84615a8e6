import { useEffect } from 'react';

/** As the document says it. */
const NAME = document.title;
const ORDER = ['uploads', 'picture', 'album'] as const;
type Part = (typeof ORDER)[number];

const parts: Partial<Record<Part, string>> = {};

/** Sets a part of the browser tab's title: `12 of 40 · IMG_1.jpg · Safelight`. undefined: nothing to say. */
export function useTitlePart(part: Part, text: string | undefined): void {
  useEffect(() => {
    if (text === undefined) return;
    parts[part] = text;
    show();
    return () => {
      delete parts[part];
      show();
    };
  }, [part, text]);
}

function show(): void {
  document.title = [...ORDER.flatMap((part) => parts[part] ?? []), NAME].join(' · ');
}
