// Finds the page that belongs to the path, shows it, and refreshes it when the server reports news.
import { problem, setText } from '/_/files/dom.js';
import { Events, about } from '/_/files/data.js';
import * as home from '/_/files/home.js';
import * as registry from '/_/files/registry.js';
import * as service from '/_/files/service.js';
import * as query from '/_/files/query.js';
import * as cli from '/_/files/cli.js';
import * as stats from '/_/files/stats.js';
import * as map from '/_/files/map.js';
import * as topics from '/_/files/topics.js';

const parameters = new URLSearchParams(location.search);

function choose() {
  switch (location.pathname) {
    case '/registry': return parameters.get('service') ? [service, 'registry'] : [registry, 'registry'];
    case '/query': return [query, 'query'];
    case '/cli': return [cli, 'cli'];
    case '/stats': return [stats, 'stats'];
    case '/_/map': return [map, 'map'];
    case '/_/topics': return [topics, 'topics'];
    default: return [home, 'home'];
  }
}

function showState(state, text) {
  const element = document.getElementById('live');
  element.dataset.state = state;
  setText(element, text);
}

// One refresh at a time; news that arrive meanwhile lead to one more.
function refresher(refresh) {
  let running = false;
  let again = null;
  const run = async (what) => {
    if (running) {
      again = what;
      return;
    }
    running = true;
    try {
      await refresh(what);
    } catch (error) {
      showState('lost', error.message);
    }
    running = false;
    if (again) {
      const next = again;
      again = null;
      run(next);
    }
  };
  return run;
}

// Only while the page is visible: a browser has six connections to a server, for all its tabs together.
function follow(refresh) {
  let missed = document.hidden;  // what has happened since
  const events = new Events('/_/live', {
    open: () => {
      showState('live', 'Live');
      if (missed) refresh('registry');
      missed = true;
    },
    lost: () => {
      missed = true;
      showState('lost', 'Connection lost, trying again…');
    },
    registry: () => refresh('registry'),
    metrics: () => refresh('metrics'),
  });
  const follows = () => (document.hidden ? events.close() : events.open());
  document.addEventListener('visibilitychange', follows);
  addEventListener('pagehide', () => events.close());
  addEventListener('pageshow', follows);  // the way back to a page that was kept
  follows();
}

async function begin() {
  const main = document.getElementById('main');
  const [page, name] = choose();
  document.querySelector(`nav a[data-page="${name}"]`).setAttribute('aria-current', 'page');
  try {
    const facts = await about();
    if (!facts.stats) document.querySelector('nav a[data-page="stats"]').parentElement.remove();
    const refresh = await page.show(main, parameters, facts);
    document.body.dataset.ready = name;
    if (refresh) {
      follow(refresher(refresh));
    } else {
      follow(() => {});
    }
  } catch (error) {
    main.replaceChildren(problem(error.message));
    showState('lost', 'Not connected');
  }
}

begin();
