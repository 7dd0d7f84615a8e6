import { BookOpen, LogOut } from 'lucide-react';
import type { RefObject } from 'react';
import { useDensityTool } from '../density/use-density-tool.ts';
import { Button } from '../ui/button.tsx';
import { ShortcutLayer, useShortcutLayer } from '../ui/shortcuts.tsx';
import type { Tool } from '../ui/tool.ts';
import style from './account.module.css';
import { type Session, useSession } from './session.tsx';
import { useKnownUsers } from './use-known-users.ts';
import { UserField } from './user-field.tsx';

export interface AccountPanelProps {
  readonly panel: RefObject<HTMLElement | null>;
  /** Those of the bar, which a narrow page shows here. */
  readonly tools: readonly Tool[];
}

export function AccountPanel({ panel, tools }: AccountPanelProps) {
  const session = useSession();
  const layer = useShortcutLayer();
  const known = useKnownUsers(session);
  const density = useDensityTool();
  const { user, ownUser, users, areBeginnings, canChooseUser, chooseUser, chooseOwnUser, signOut } = session;
  const close = () => panel.current?.hidePopover();
  return (
    <ShortcutLayer value={layer}>
      <p className={style['who']}>
        <WhoIsHere {...session} />
      </p>
      {canChooseUser && (
        <>
          <UserField
            label="Whose pictures"
            value={user}
            known={users ?? known}
            isLimited={users !== undefined && !areBeginnings}
            everybody={users === undefined}
            onChoose={chooseUser}
          />
          <UserField
            label="Upload as"
            value={ownUser}
            known={users ?? known}
            isLimited={users !== undefined && !areBeginnings}
            everybody={false}
            onChoose={(chosen) => chosen !== undefined && chooseOwnUser(chosen)}
          />
        </>
      )}
      <div className={style['actions']}>
        {tools.map(({ icon, label, shortcut, opensDialog, run }) => (
          <Button
            key={shortcut ?? 'theme'}
            className={style['ofPhone'] ?? ''}
            icon={icon}
            onClick={() => {
              if (opensDialog) close();
              run();
            }}
          >
            {label}
          </Button>
        ))}
        {session.mayRead && (
          <Button icon={density.icon} onClick={density.run}>
            {density.label}
          </Button>
        )}
        <a href="/docs">
          <BookOpen size={20} strokeWidth={1.75} aria-hidden />
          API documentation
        </a>
        {signOut && (
          <Button
            icon={LogOut}
            onClick={() => {
              close();
              void signOut();
            }}
          >
            Sign out
          </Button>
        )}
      </div>
    </ShortcutLayer>
  );
}

function WhoIsHere({ signOut, canChooseUser, ownUser, users, areBeginnings, mayRead }: Session) {
  if (!signOut) return 'This service is open: everybody who reaches it sees and changes every picture.';
  if (users && areBeginnings) return `You act for users whose names begin with ${users.join(' or ')}.`;
  if (canChooseUser) return users ? `You act for ${users.length} users.` : 'You act for every user.';
  return (
    <>
      {mayRead ? 'Signed in as' : 'You add pictures for'} <bdi>{ownUser}</bdi>.
    </>
  );
}
