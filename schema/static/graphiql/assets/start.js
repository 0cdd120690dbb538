// Opens GraphiQL on this server with the tabs and headers that the page carries as data.
"use strict";

(() => {
  const root = document.getElementById("graphiql");
  const settings = JSON.parse(document.getElementById("settings").textContent);

  // Answers of 4xx are JSON with readable errors, so they are shown like any other.
  const fetcher = async (operation, options) => {
    // The placeholder is there to be written over; sent, it would only be refused.
    const given = Object.entries(options?.headers ?? {}).filter(([, value]) => !value.includes("<"));
    const response = await fetch(root.dataset.endpoint, {
      method: "POST",
      headers: {
        ...Object.fromEntries(given),
        accept: "application/graphql-response+json",
        "content-type": "application/json",
      },
      body: JSON.stringify(operation),
    });
    return response.json();
  };

  const tabs = settings.tabs.map((tab) => ({ ...tab, headers: settings.headers }));
  // GraphiQL takes the first tab's query from defaultTabs but not its variables. Once it has stored tabs of its own, those count.
  const isFirstVisit = localStorage.getItem("graphiql:tabState") === null;

  ReactDOM.createRoot(root).render(
    React.createElement(GraphiQL, {
      fetcher,
      defaultHeaders: settings.headers,
      defaultTabs: tabs.length ? tabs : undefined,
      variables: isFirstVisit ? tabs[0]?.variables : undefined,
      defaultEditorToolsVisibility: "headers",
      isHeadersEditorEnabled: true,
      shouldPersistHeaders: false,
    }),
  );
})();
