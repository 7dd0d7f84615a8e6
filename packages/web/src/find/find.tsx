import { Search } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { later } from '../ui/later.tsx';
import { swallowPresses } from '../ui/outside-presses.ts';
import { useShortcuts } from '../ui/shortcuts.tsx';
import { whenQuiet } from '../ui/when-quiet.ts';
import type { FieldProps } from './field.tsx';
import style from './find.module.css';

/**
 * Keeps what is typed from now on from everything else; Escape is the end of it. Returns how to stop, which tells what
 * was typed.
 */
function collectTyped(onEscape: () => void): () => string {
  let typed = '';
  const onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.length === 1) typed += event.key;
    else if (event.key === 'Backspace') typed = typed.slice(0, -1);
    else if (event.key === 'Escape') onEscape();
    else if (event.key !== 'Enter') return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  addEventListener('keydown', onKey, true);
  return () => {
    removeEventListener('keydown', onKey, true);
    return typed;
  };
}

const loadField = () => import('./field.tsx').then(({ Field }) => Field);
/** The grid doesn't need its code. */
const Field = later<FieldProps>(loadField);

/** A button that looks like the field that takes its place; on a phone an icon. The key `/` does the same. */
export function Find() {
  const place = useRef<HTMLElement>(null);
  const [isOpen, setOpen] = useState(false);
  const typed = useRef<() => string>(() => '');
  // The button stays until the code is there; if it can't be loaded, the field says so.
  const open = (): void => {
    if (isOpen) return;
    typed.current();
    let isWanted = true;
    typed.current = collectTyped(() => {
      isWanted = false;
      typed.current();
    });
    const show = (): void => {
      if (isWanted) setOpen(true);
    };
    loadField()
      .catch(() => typed.current())
      .then(show);
  };
  useEffect(() => () => void typed.current(), []);
  const close = (): void => setOpen(false);
  useShortcuts([{ key: '/', about: 'Find', run: open }]);
  // So that the field is there at once. If that fails, its opening says so.
  useEffect(() => whenQuiet(() => void loadField().catch(() => undefined)), []);
  const closes = useRef<(target: EventTarget | null) => boolean>(() => false);
  closes.current = (target) => {
    const isOutside = isOpen && target instanceof Node && !place.current?.contains(target);
    if (isOutside) close();
    return isOutside;
  };
  useEffect(() => swallowPresses((target) => closes.current(target)), []);
  return (
    <search ref={place} className={style['find']} data-is-open={isOpen || undefined}>
      {isOpen ? (
        <Field typed={typed.current} onLeave={close} />
      ) : (
        <button type="button" className={style['open']} aria-keyshortcuts="/" title="Find (/)" onClick={open}>
          <Search size={20} strokeWidth={1.75} aria-hidden />
          <span className={style['label']}>Find</span>
        </button>
      )}
    </search>
  );
}
