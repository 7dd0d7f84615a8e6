import { CircleUser } from 'lucide-react';
import { useEffect, useId, useRef, useState } from 'react';
import { IconButton } from '../ui/button.tsx';
import { closeWhenLeft } from '../ui/close-when-left.ts';
import { later } from '../ui/later.tsx';
import { whenQuiet } from '../ui/when-quiet.ts';
import style from './account.module.css';
import type { AccountPanelProps } from './account-panel.tsx';
import { useSession } from './session.tsx';

const loadPanel = () => import('./account-panel.tsx').then(({ AccountPanel }) => AccountPanel);
const Panel = later<AccountPanelProps>(loadPanel);

/** Who is here, and whose pictures are shown. */
export function Account({ tools }: Pick<AccountPanelProps, 'tools'>) {
  const session = useSession();
  const panel = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const element = panel.current;
    const onToggle = (event: ToggleEvent) => setOpen(event.newState === 'open');
    element?.addEventListener('toggle', onToggle);
    return () => element?.removeEventListener('toggle', onToggle);
  }, []);
  // So that it is there at once. If that fails, its opening says so.
  useEffect(() => whenQuiet(() => void loadPanel().catch(() => undefined)), []);
  const id = useId();
  const shown = session.canChooseUser && session.user !== undefined ? session.user : undefined;
  return (
    <div className={style['account']}>
      {shown !== undefined && <bdi className={style['shown']}>{shown}</bdi>}
      <IconButton icon={CircleUser} label="Account" popoverTarget={id} aria-expanded={isOpen} />
      <div
        ref={panel}
        id={id}
        popover="auto"
        role="dialog"
        aria-label="Account"
        className={style['panel']}
        onBlur={closeWhenLeft}
      >
        {isOpen && <Panel panel={panel} tools={tools} />}
      </div>
    </div>
  );
}
