import { X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { IconButton } from './button.tsx';
import style from './dialog.module.css';
import { ShortcutLayer, useShortcutLayer } from './shortcuts.tsx';

export interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A modal dialog; a sheet from the bottom on a phone. Escape closes it, and the focus returns to where it was. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const layer = useShortcutLayer();
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      className={style['dialog']}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        if (event.target === element.current) onClose();
      }}
    >
      <ShortcutLayer value={layer}>
        <div className={style['content']}>
          <div className={style['header']}>
            <h2 id={id}>{title}</h2>
            <IconButton icon={X} label="Close" shortcut="Escape" onClick={onClose} />
          </div>
          {children}
        </div>
      </ShortcutLayer>
    </dialog>
  );
}
