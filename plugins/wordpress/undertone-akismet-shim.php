<?php
/**
 * Plugin Name: Undertone for the Akismet plugin
 * Description: Lets the Akismet plugin ask your own Undertone instead of Akismet, and nobody else.
 * License: MIT
 *
 * Put this file into wp-content/mu-plugins/, and the address into wp-config.php, above "That's all":
 *     define( 'UNDERTONE_URL', 'https://undertone.example.org' );
 */

add_filter( 'pre_http_request', function ( $answer, $request, $url ) {
	if ( ! preg_match( '#^https?://(?:[a-z0-9-]+\.)?rest\.akismet\.com(?::\d+)?(/.*)$#i', $url, $found ) ) {
		return $answer;
	}
	unset( $request['headers']['Host'] ); // which says that this is Akismet
	$answer = defined( 'UNDERTONE_URL' )
		? wp_remote_request( rtrim( UNDERTONE_URL, '/' ) . $found[1], $request )
		: new WP_Error( 'undertone_url', 'UNDERTONE_URL is not defined in wp-config.php.' );
	if ( str_ends_with( $found[1], '/comment-check' ) && ! wp_remote_retrieve_header( $answer, 'x-akismet-guid' ) ) {
		// Undertone did not answer, or a proxy did in its place. A current Akismet plugin would publish the comment and
		// never ask again; an answer with a number that is neither "true" nor "false" lets it wait, and be asked about.
		$answer = array( 'headers' => array( 'x-akismet-guid' => wp_generate_uuid4() ), 'body' => 'unreachable' );
		$answer += array( 'response' => array( 'code' => 503, 'message' => '' ), 'cookies' => array(), 'filename' => null );
	}
	return $answer;
}, 10, 3 );

add_action( 'admin_notices', function () {
	if ( ! defined( 'UNDERTONE_URL' ) ) {
		echo '<div class="notice notice-error"><p>Every new comment waits: UNDERTONE_URL is not defined in wp-config.php.</p></div>';
	}
} );

// What the plugin was told to wait for, it would publish by itself after two weeks: here only a person does that.
add_action( 'init', function () {
	remove_action( 'akismet_approval_fallback', array( 'Akismet', 'approval_fallback' ) );
}, 99 );

// The plugin's own pages show figures in a frame of Akismet's, with the key in its address: no browser is to open that.
add_action( 'admin_init', function () {
	if ( 0 === strpos( $_GET['page'] ?? '', 'akismet' ) ) {
		header( "Content-Security-Policy: frame-src 'self'" );
	}
} );
