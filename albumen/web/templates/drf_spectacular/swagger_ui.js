{# The package's own script fills every field of a form, so that a file alone cannot be sent. #}
"use strict";

const emptyForms = {
  afterLoad: (system) => {
    const sample = system.fn.getSampleSchema;
    // Without a media type, it is asked for one field of a form.
    system.fn.getSampleSchema = (schema, mediaType, ...rest) => {
      const value = sample(schema, mediaType, ...rest);
      if (mediaType !== false) return value;
      return JSON.stringify(value).match(/^"?\[/) ? "[]" : "";
    };
  },
};

const ui = SwaggerUIBundle({
  url: "{{ schema_url|escapejs }}",
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [emptyForms],
  layout: "BaseLayout",
  onComplete: () => {
    if (!location.hash.startsWith("#/Aliases")) {
      ui.layoutActions.show(["operations-tag", "Aliases"], false);
    }
  },
  requestInterceptor: (request) => {
    if (request.method && request.method !== "GET" && request.credentials === "same-origin") {
      request.headers["{{ csrf_header_name }}"] = "{{ csrf_token }}";
    }
    return request;
  },
  ...{{ settings|safe }},
});
