<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:resident_registry.change:v1" xmlns="urn:renkei:resident.change:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:change">
    <change>
      <addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number>
      <xsl:if test="i:individual_number"><individual_number><xsl:value-of select="i:individual_number"/></individual_number></xsl:if>
      <household_number><xsl:value-of select="i:household_number"/></household_number>
      <history_number><xsl:value-of select="i:history_number"/></history_number>
      <resident_kind><xsl:value-of select="i:resident_kind"/></resident_kind>
      <resident_state><xsl:value-of select="i:resident_state"/></resident_state>
      <event_reason><xsl:value-of select="i:event_reason"/></event_reason>
      <event_date>
        <xsl:if test="i:event_date/i:date"><date><xsl:value-of select="i:event_date/i:date"/></date></xsl:if>
        <unknown><xsl:value-of select="i:event_date/i:unknown"/></unknown>
        <xsl:if test="i:event_date/i:text"><text><xsl:value-of select="i:event_date/i:text"/></text></xsl:if>
      </event_date>
      <notified_on><xsl:value-of select="i:notified_on"/></notified_on>
      <name><xsl:value-of select="i:name"/></name>
      <name_kana><xsl:value-of select="i:name_kana"/></name_kana>
      <xsl:if test="i:former_name"><former_name><xsl:value-of select="i:former_name"/></former_name></xsl:if>
      <xsl:if test="i:common_name"><common_name><xsl:value-of select="i:common_name"/></common_name></xsl:if>
      <sex><xsl:value-of select="i:sex"/></sex>
      <birth_date>
        <xsl:if test="i:birth_date/i:date"><date><xsl:value-of select="i:birth_date/i:date"/></date></xsl:if>
        <unknown><xsl:value-of select="i:birth_date/i:unknown"/></unknown>
        <xsl:if test="i:birth_date/i:text"><text><xsl:value-of select="i:birth_date/i:text"/></text></xsl:if>
      </birth_date>
      <xsl:for-each select="i:relationship"><relationship><xsl:value-of select="."/></relationship></xsl:for-each>
      <address>
        <postal_code><xsl:value-of select="i:address/i:postal_code"/></postal_code>
        <municipality_code><xsl:value-of select="i:address/i:municipality_code"/></municipality_code>
        <xsl:if test="i:address/i:town_code"><town_code><xsl:value-of select="i:address/i:town_code"/></town_code></xsl:if>
        <prefecture><xsl:value-of select="i:address/i:prefecture"/></prefecture>
        <municipality><xsl:value-of select="i:address/i:municipality"/></municipality>
        <town><xsl:value-of select="i:address/i:town"/></town>
        <lot><xsl:value-of select="i:address/i:lot"/></lot>
        <xsl:if test="i:address/i:building"><building><xsl:value-of select="i:address/i:building"/></building></xsl:if>
      </address>
      <xsl:for-each select="i:became_resident_on">
        <became_resident_on>
          <xsl:if test="i:date"><date><xsl:value-of select="i:date"/></date></xsl:if>
          <unknown><xsl:value-of select="i:unknown"/></unknown>
          <xsl:if test="i:text"><text><xsl:value-of select="i:text"/></text></xsl:if>
        </became_resident_on>
      </xsl:for-each>
      <protected><xsl:value-of select="i:protected"/></protected>
      <xsl:for-each select="i:member">
        <member>
          <addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number>
          <name><xsl:value-of select="i:name"/></name>
          <relationship><xsl:value-of select="i:relationship"/></relationship>
        </member>
      </xsl:for-each>
    </change>
  </xsl:template>
</xsl:stylesheet>
