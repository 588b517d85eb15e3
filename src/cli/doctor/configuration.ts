import { suggest } from '../../core/suggest.ts';
import type { CliConfig } from '../config.ts';
import { doubtful, sound, wrongFinding, type Finding } from './finding.ts';

/** What a configuration may export; the compiler finds the one that is missing here. */
const MEMBERS = Object.keys({
  store: true,
  apiKeys: true,
  allowlists: true,
  connections: true,
  oauthClients: true,
  systems: true,
  trustedProxies: true,
  secrets: true,
  close: true,
} satisfies Record<keyof CliConfig, true>);

/** The oldest release of Node on which an `import` may load what `require` asks for. */
const LEAST_NODE = [20, 19] as const;

/** Whether what the configuration exports is what the tool and the application can work with. */
export function checkConfiguration(
  config: CliConfig,
  nodeVersion: string = process.versions.node,
): Finding[] {
  const unknown = Object.keys(config).filter((name) => !MEMBERS.includes(name));
  return [
    checkNode(nodeVersion),
    ...unknown.map(strayMember),
    checkSystems(config),
    checkService('apiKeys', config.apiKeys),
    checkService('allowlists', config.allowlists),
  ];
}

function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor, leastMinor] = LEAST_NODE;
  const isOld = major < leastMajor || (major === leastMajor && minor < leastMinor);
  if (!isOld) return sound('node', version);
  return wrongFinding('node', version, `Run Node.js ${LEAST_NODE.join('.')} or newer.`);
}

/** A slip in a name would leave a part of the application out of every command and every check. */
function strayMember(name: string): Finding {
  const meant = suggest(name, MEMBERS);
  const mend =
    meant === undefined
      ? `Known are ${MEMBERS.join(', ')}; take it out of what the configuration exports.`
      : `Call it "${meant}", if that is what it is.`;
  return doubtful('configuration', `"${name}" is not known and does nothing`, mend);
}

function checkSystems({ systems = [] }: CliConfig): Finding {
  const names = systems.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    return wrongFinding(
      'systems',
      `two are called "${repeated}"`,
      'Export each system once: sessions of two of one name cannot be told apart.',
    );
  }
  if (names.length > 0) return sound('systems', names.join(', '));
  return doubtful(
    'systems',
    'none in the configuration',
    'Export the systems of the application as "systems", so that their sessions can be administered.',
  );
}

function checkService(name: 'apiKeys' | 'allowlists', service: unknown): Finding {
  if (service !== undefined) return sound(name, 'configured');
  return doubtful(
    name,
    'not in the configuration',
    `Export the application's ${name}({ ... }), so that they can be administered, or leave it if there are none.`,
  );
}
