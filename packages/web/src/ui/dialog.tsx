import { X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { IconButton } from './button.tsx';
import style from './dialog.module.css';
import { ShortcutLayer, useShortcutLayer } from './shortcuts.tsx';
import { useDragAway } from './use-drag-away.ts';

export interface DialogProps {
  readonly title: string;
  /** For more than a column of controls. */
  readonly isWide?: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/**
 * A modal dialog; on a phone a sheet from the bottom, which its header drags away. Escape or a click beside it closes
 * it, and the focus returns to where it was.
 */
export function Dialog({ title, isWide, onClose, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const layer = useShortcutLayer();
  const drag = useDragAway(element, onClose);
  const isPressedOutside = useRef(false);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does the same.
    <dialog
      ref={element}
      className={style['dialog']}
      aria-labelledby={id}
      data-is-wide={isWide}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        isPressedOutside.current = event.target === element.current;
      }}
      // Not yet when it is pressed: what lies beneath would get the click.
      onClick={(event) => {
        if (isPressedOutside.current && event.target === element.current) onClose();
      }}
    >
      <ShortcutLayer value={layer}>
        <div className={style['content']}>
          <div className={style['header']} {...drag}>
            <h2 id={id}>{title}</h2>
            <IconButton icon={X} label="Close" shortcut="Escape" onClick={onClose} />
          </div>
          {children}
        </div>
      </ShortcutLayer>
    </dialog>
  );
}
